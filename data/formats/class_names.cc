#include "data/formats/class_names.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/read_file.h"
#include "base/status.h"

namespace caldera::data {

absl::StatusOr<std::vector<std::string>> ClassNames(
    const std::string& path, int64_t num_classes,
    std::vector<std::string> known) {
  const absl::StatusOr<std::vector<std::string>> lines = base::ReadLines(path);
  if (absl::IsNotFound(lines.status())) {
    if (!known.empty()) return known;
    std::vector<std::string> numbers;
    for (int64_t i = 0; i < num_classes; ++i) {
      numbers.push_back(absl::StrCat(i));
    }
    return numbers;
  }
  RETURN_IF_ERROR(lines);
  std::vector<std::string> names;
  for (absl::string_view line : *lines) {
    // Windows' editors begin a file of UTF-8 with this mark.
    if (names.empty()) absl::ConsumePrefix(&line, "\xef\xbb\xbf");
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) names.emplace_back(line);
  }
  if (names.size() != num_classes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": names ", names.size(), " classes, expected ",
                     num_classes, "; unpack the archive again"));
  }
  return names;
}

}  // namespace caldera::data
