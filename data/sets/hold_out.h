// Holds images of a set without further splits out of training, so that they
// can be measured on: photos that nobody has sorted.
//
//   ASSIGN_OR_RETURN(HeldOutImages sides,
//                    HoldOutImages(std::move(groups), "/photos", 0.1));
//   sides.kept;      // to train on
//   sides.held_out;  // the validation split
//
// A digest of the path below the root decides for each image, so that it stays
// on its side when others come and go. Of files with the same bytes (copies,
// links) only the first counts: a photo that was trained on must not be held
// out too, and one that is there twice must not count twice.
#ifndef CALDERA_DATA_SETS_HOLD_OUT_H_
#define CALDERA_DATA_SETS_HOLD_OUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/image_file_dataset.h"

namespace caldera::data {

struct HeldOutImages {
  std::vector<ImageGroup> kept, held_out;
  std::vector<std::string> copies;  // paths of files that equal earlier ones
};

// Holds out about `share` of the different images, at least two: those of the
// lowest digests. root: the folder that holds the groups' folders. Returns
// InvalidArgument, beginning with "held_out_share: ", for fewer than four
// different images.
absl::StatusOr<HeldOutImages> HoldOutImages(
    const std::vector<ImageGroup>& groups, const std::string& root,
    double share);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_HOLD_OUT_H_
