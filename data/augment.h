// The augmentation of one image: what to do is drawn apart from doing it, so
// the draw can be tested and repeated without pixels.
//
//   RandomStream stream(seed, "augment", epoch, index);
//   AugmentPlan plan = DrawAugmentPlan(spec, height, width, stream);
//   at::Tensor view = ApplyAugmentPlan(
//       plan, spec.random_resized_crop().interpolation(), image, 224);
//
// Resizing is Pillow's antialiased filter on uint8 (ATen's `_aa` operators), as
// MAE's published pipeline has it. Images whose size already fits are copied.
// Three channels are fastest when the image is channels-last in memory.
#ifndef CALDERA_DATA_AUGMENT_H_
#define CALDERA_DATA_AUGMENT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/data.pb.h"
#include "data/random_stream.h"

namespace caldera::data {

struct AugmentPlan {
  // The rectangle to keep, in pixels of the source; the whole image where
  // `crop` is false.
  int64_t top = 0, left = 0, height = 0, width = 0;
  bool flip = false;  // left and right, after the resize
  bool crop = false;
};

// Draws for an image of height x width >= 1 x 1. The crop is torchvision's
// RandomResizedCrop: ten tries of area uniform in scale and ratio log-uniform,
// then the largest centred crop whose ratio is allowed. `spec` has passed
// Validate.
AugmentPlan DrawAugmentPlan(const AugmentSpec& spec, int64_t height,
                            int64_t width, RandomStream& stream);

// `image` uint8 [C, H, W] of any strides -> uint8 [C, S, S], contiguous, new
// memory, S = image_size. Without a crop the image is fitted as Resize does.
at::Tensor ApplyAugmentPlan(const AugmentPlan& plan,
                            RandomResizedCropSpec::Interpolation interpolation,
                            const at::Tensor& image, int64_t image_size);

// The same into memory that is there: `out` uint8 [C, S, S], contiguous.
void ApplyAugmentPlanTo(const AugmentPlan& plan,
                        RandomResizedCropSpec::Interpolation interpolation,
                        const at::Tensor& image, const at::Tensor& out);

// For evaluation: the largest centred square of `image` uint8 [C, H, W],
// resized (bicubic) to uint8 [C, S, S]. Returns `image` itself where H = W = S.
at::Tensor Resize(const at::Tensor& image, int64_t image_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_H_
