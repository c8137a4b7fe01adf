#include "data/sets/dataset.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace caldera::data {

void DatasetInfo::SetSize(int64_t channels, int64_t height, int64_t width) {
  this->channels = channels;
  this->height = height;
  this->width = width;
  if (!mean.empty()) return;
  if (channels == 3) {
    mean = {0.485, 0.456, 0.406};
    std = {0.229, 0.224, 0.225};
  } else {
    mean.assign(channels, 0.5);
    std.assign(channels, 0.5);
  }
}

absl::StatusOr<ImageName> Dataset::Name(int64_t i) const {
  return ImageName{SplitName(info().split), absl::StrCat(OriginalIndex(i))};
}

std::string PathBelow(const std::string& folder, const std::string& path) {
  absl::string_view below = path;
  if (folder.empty() || !absl::ConsumePrefix(&below, folder)) return path;
  if (folder.back() != '/' && !absl::ConsumePrefix(&below, "/")) return path;
  while (absl::ConsumePrefix(&below, "/")) {  // of a folder that ends in one
  }
  return std::string(below);
}

}  // namespace caldera::data
