// Reads the names of a set's classes from the text file beside its images.
//
//   absl::StatusOr<std::vector<std::string>> names =
//       ClassNames(folder + "/fine_label_names.txt", 100, {});
#ifndef CALDERA_DATA_FORMATS_CLASS_NAMES_H_
#define CALDERA_DATA_FORMATS_CLASS_NAMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::data {

// Returns the lines of `path` that are not empty. Without such a file, returns
// `known` if it is not empty, else "0", "1", ... Errors: InvalidArgument,
// beginning with `path`, if the file does not have `num_classes` names.
absl::StatusOr<std::vector<std::string>> ClassNames(
    const std::string& path, int64_t num_classes,
    std::vector<std::string> known);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CLASS_NAMES_H_
