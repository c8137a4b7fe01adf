#include "data/formats/stl10_format.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::data {

absl::StatusOr<int64_t> Stl10ImageCount(int64_t size, absl::string_view name) {
  if (size == 0 || size % kStl10ImageBytes != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": has ", size, " bytes, expected a multiple of ",
        kStl10ImageBytes, " (3x96x96 pixels); unpack the archive again"));
  }
  return size / kStl10ImageBytes;
}

absl::StatusOr<std::vector<int64_t>> Stl10Labels(absl::string_view bytes,
                                                 absl::string_view name) {
  std::vector<int64_t> labels;
  labels.reserve(bytes.size());
  for (const unsigned char byte : bytes) {
    if (byte < 1 || byte > 10) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": label ", labels.size(), " is ", byte,
                       ", expected 1 to 10; unpack the archive again"));
    }
    labels.push_back(byte - 1);
  }
  return labels;
}

absl::StatusOr<std::vector<int64_t>> Stl10Fold(absl::string_view text,
                                               int64_t fold, int64_t num_images,
                                               absl::string_view name) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), '\n');
  if (lines.size() != kStl10Folds) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": has ", lines.size(), " lines, expected ",
                     kStl10Folds, "; unpack the archive again"));
  }
  const auto refuse = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":", fold + 1, ": ", what, "; unpack the archive again"));
  };
  std::vector<int64_t> images;
  for (const absl::string_view word : absl::StrSplit(
           lines[fold], absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
    int64_t image = 0;
    if (!absl::SimpleAtoi(word, &image) || image < 0 || image >= num_images) {
      return refuse(absl::StrCat("'", word.substr(0, 20),
                                 "' is no image from 0 to ", num_images - 1));
    }
    images.push_back(image);
  }
  if (images.empty()) return refuse("names no image");
  return images;
}

}  // namespace caldera::data
