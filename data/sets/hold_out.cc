#include "data/sets/hold_out.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "data/formats/equal_files.h"

namespace caldera::data {
namespace {

constexpr size_t kFewestHeldOut = 2;  // a distance needs two
constexpr size_t kFewest = 4;

// Returns the digest below which images are held out: that of the share, or one
// that is high enough for the fewest images.
uint64_t Threshold(std::vector<uint64_t> digests, double share) {
  std::nth_element(digests.begin(), digests.begin() + kFewestHeldOut,
                   digests.end());
  const auto of_share = static_cast<uint64_t>(std::ldexp(share, 63)) * 2;
  return std::max(of_share, digests[kFewestHeldOut]);
}

}  // namespace

absl::StatusOr<HeldOutImages> HoldOutImages(
    const std::vector<ImageGroup>& groups, const std::string& root,
    double share) {
  std::vector<std::string> paths;
  for (const ImageGroup& group : groups) {
    for (const std::string& file : group.files) {
      paths.push_back(absl::StrCat(group.folder, "/", file));
    }
  }
  const std::vector<int64_t> first = EqualFiles(paths);
  HeldOutImages sides;
  std::vector<uint64_t> digests(paths.size()), different;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (first[i] != static_cast<int64_t>(i)) {
      sides.copies.push_back(paths[i]);
      continue;
    }
    absl::string_view below = paths[i];
    absl::ConsumePrefix(&below, root);
    digests[i] = Digest(below);
    different.push_back(digests[i]);
  }
  if (different.size() < kFewest) {
    return absl::InvalidArgumentError(absl::StrCat(
        "held_out_share: ", root, " has ", different.size(),
        " different images, too few to hold some out; add photos, or set 0"));
  }
  const uint64_t threshold = Threshold(different, share);
  size_t i = 0;
  for (const ImageGroup& group : groups) {
    ImageGroup kept{group.folder, {}, group.label}, held_out = kept;
    for (const std::string& file : group.files) {
      const size_t at = i++;
      if (first[at] != static_cast<int64_t>(at)) continue;
      (digests[at] < threshold ? held_out : kept).files.push_back(file);
    }
    if (!kept.files.empty()) sides.kept.push_back(std::move(kept));
    if (!held_out.files.empty()) sides.held_out.push_back(std::move(held_out));
  }
  if (sides.kept.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("held_out_share: ", share, " leaves no image of ", root,
                     " to train on; choose a smaller share"));
  }
  return sides;
}

}  // namespace caldera::data
