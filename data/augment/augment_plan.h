// What is done to one image, drawn apart from doing it: a plan can be tested,
// repeated and handed to a device without pixels.
//
//   base::RandomStream stream = AugmentStream(seed, epoch, index, /*view=*/0);
//   AugmentPlan plan = DrawAugmentPlan(spec, height, width, target, stream);
//
// data/augment/augment.h applies it. Draws come in the order of AugmentSpec's
// fields, so switching on a later transform leaves the earlier ones' draws as
// they were.
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_

#include <cstdint>
#include <vector>

#include "base/random_stream.h"
#include "data/augment/pixel_op.h"
#include "data/augment/resample.h"
#include "data/data.pb.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// What the plans of a data set have in common.
struct AugmentTarget {
  int64_t image_size = 0;    // S, the side of the square the model sees
  Fill fill{128, 128, 128};  // what a warp uncovers
};

// The data set's mean, rounded to bytes, as timm fills warped images. `mean`
// has 1 to 3 entries in [0, 1]; the last is repeated.
Fill FillOf(const std::vector<double>& mean);

struct AugmentPlan {
  Rectangle crop;  // of the source: these pixels are needed
  Filter filter = Filter::kBicubic;
  // The crop is resized to this; the view is its square of side S at (top,
  // left). Where the square reaches over the edge there is padding.
  int64_t resized_height = 0, resized_width = 0;
  int64_t top = 0, left = 0;
  RandomCropSpec::PaddingMode padding_mode = RandomCropSpec::REFLECT;
  bool flip = false;         // left and right
  std::vector<PixelOp> ops;  // then these, in order
};

// Where a view lies in its source, in pixels of the source: fractions where the
// crop was resized before the square was cut, outside of it where padded.
struct ViewBox {
  double top = 0, left = 0, height = 0, width = 0;
};
ViewBox BoxOf(const AugmentPlan& plan, int64_t image_size);

// The stream of one view of one image: purpose "augment", step `epoch`, and a
// sample made of the index (below 2^40), the view and, under repeated
// augmentation, which of the image's copies it is (both below 2^8).
base::RandomStream AugmentStream(uint64_t seed, int64_t epoch, int64_t index,
                                 int64_t view, int64_t repeat = 0);

// Draws for an image of height x width >= 1 x 1. Crops are torchvision's:
// RandomResizedCrop with ten tries of area uniform in scale and ratio
// log-uniform, then the largest centred crop whose ratio is allowed; without a
// geometry FitPlan's. `spec` has passed Validate.
AugmentPlan DrawAugmentPlan(const AugmentSpec& spec, int64_t height,
                            int64_t width, const AugmentTarget& target,
                            base::RandomStream& stream);

// The same for a view that is cut from `box`, a rectangle of the source, as if
// that were the image: AugmentSpec's inside_view. The crop lies in the source.
AugmentPlan DrawAugmentPlanInside(const AugmentSpec& spec, const Rectangle& box,
                                  const AugmentTarget& target,
                                  base::RandomStream& stream);

// For evaluation: the largest centred square, resized (bicubic) to S x S.
AugmentPlan FitPlan(int64_t height, int64_t width, int64_t image_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_PLAN_H_
