// The names of a set's classes from the text file that lies beside its images.
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

// The lines of `path` that are not empty. Where there is no such file: `known`
// if it is not empty, else "0", "1", ... InvalidArgument, beginning with
// `path`, where there are not `num_classes` of them.
absl::StatusOr<std::vector<std::string>> ClassNames(
    const std::string& path, int64_t num_classes,
    std::vector<std::string> known);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CLASS_NAMES_H_
