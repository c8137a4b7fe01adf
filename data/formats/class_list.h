// Reads a list of class folders, which selects classes of a set and orders
// them.
//
//   absl::StatusOr<std::vector<ListedClass>> list =
//       ReadClassList("imagenet100.txt", /*folders=*/{"hot dog", "n02869837"});
//   (*list)[0];  // {"n02869837", 1}: class 0, from line 1
//
// A line that is the name of a folder is that class, whatever the name has:
// blanks, or a '#'. In other lines names are separated by white space, one or
// several a line, and '#' begins a comment that reaches to the end of its line.
#ifndef CALDERA_DATA_FORMATS_CLASS_LIST_H_
#define CALDERA_DATA_FORMATS_CLASS_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::data {

struct ListedClass {
  std::string name;
  int64_t line;  // from 1, for messages
};

// Returns at least one class. `folders`: those that a line is compared with.
// Errors begin with `path`: those of ReadLines, and InvalidArgument for an
// empty list or a name that is listed twice.
absl::StatusOr<std::vector<ListedClass>> ReadClassList(
    const std::string& path, const std::vector<std::string>& folders = {});

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CLASS_LIST_H_
