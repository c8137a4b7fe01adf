// Draws what happens to an image, separately from applying it: a plan can be
// tested, repeated and passed to a device without pixels.
//
//   base::RandomStream stream = AugmentStream(seed, epoch, index, /*view=*/0);
//   AugmentPlan plan =
//       DrawAugmentPlan(augmentation, height, width, target, stream);
//
// where `augmentation` is Augmentation(spec), made once for all images.
// data/augment/augment.h applies the plan. Draws follow the order in which the
// transforms are applied, so that adding a later one does not change the draws
// of earlier ones.
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_

#include <cstdint>
#include <vector>

#include "base/random_stream.h"
#include "data/augment/pixel_op/pixel_op.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "data/augment/resample.h"
#include "data/data.pb.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// The values that all plans of a data set share.
struct AugmentTarget {
  int64_t image_size = 0;    // S, the side of the model's square input
  Fill fill{128, 128, 128};  // fills what a warp uncovers
};

// Returns the data set's mean, rounded to bytes, which timm uses to fill warped
// images. `mean` has 1 to 3 entries in [0, 1]; the last is repeated.
Fill FillOf(const std::vector<double>& mean);

// A spec whose operations have been found among the registered ones.
struct Augmentation {
  // CHECK: `from` passes Validate (data/augment/validate_augment_spec.h).
  explicit Augmentation(const AugmentSpec& from);

  AugmentSpec spec;
  std::vector<PixelOpDraw> ops;
};

struct AugmentPlan {
  Rectangle crop;  // the pixels of the source that are needed
  Filter filter = Filter::kBicubic;
  // The crop is resized to this size; the view is its square of side S at (top,
  // left), padded where it exceeds the edge.
  int64_t resized_height = 0, resized_width = 0;
  int64_t top = 0, left = 0;
  RandomCropSpec::PaddingMode padding_mode = RandomCropSpec::REFLECT;
  // Of an image that would be resized to much more than the square, only these
  // parts of its axes are, and `crop` has their inputs alone: 8000 x 1 pixels
  // would become 2048000 x 256. down.in is 0: all of it is resized.
  Axis down, across;
  bool flip = false;         // mirrors left and right
  std::vector<PixelOp> ops;  // applied last, in order
};

// Returns the index in 0..size-1 at `i`, mirrored outwards about the end points
// as often as necessary; -1 for a zero outside.
int64_t MirroredIndex(int64_t i, int64_t size,
                      RandomCropSpec::PaddingMode mode);

// Returns the random stream of a view of an image: purpose "augment", step
// `epoch`, and a sample composed of the index (below 2^40), the view and, under
// repeated augmentation, the number of the image's copy (both below 2^8).
base::RandomStream AugmentStream(uint64_t seed, int64_t epoch, int64_t index,
                                 int64_t view, int64_t repeat = 0);

// Draws a plan for an image of height x width >= 1 x 1. Crops are
// torchvision's: RandomResizedCrop tries ten times with an area uniform in
// scale and a log-uniform ratio, then takes the largest centred crop with an
// allowed ratio; without a geometry, the crop is FitPlan's.
AugmentPlan DrawAugmentPlan(const Augmentation& augmentation, int64_t height,
                            int64_t width, const AugmentTarget& target,
                            base::RandomStream& stream);

// Draws a plan for a view that is cut from `box`, a rectangle of the source, as
// if `box` were the image (AugmentSpec's inside_view). The plan's crop refers
// to the source.
AugmentPlan DrawAugmentPlanInside(const Augmentation& augmentation,
                                  const Rectangle& box,
                                  const AugmentTarget& target,
                                  base::RandomStream& stream);

// Returns the plan of evaluation: the largest centred square, resized (bicubic)
// to S x S.
AugmentPlan FitPlan(int64_t height, int64_t width, int64_t image_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_
