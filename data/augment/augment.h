// Applies a plan to bytes: crop, resize, pad, flip, then colours and blur.
//
//   AugmentPlan plan =
//       DrawAugmentPlan(augmentation, height, width, {224}, stream);
//   at::Tensor view = ApplyAugmentPlan(plan, image, 224);  // uint8 [C, S, S]
//
// Pure functions of their arguments. Values are Pillow's, as in the authors'
// pipelines, bit for bit except for a resize to more than 64 x 64
// (data/augment/resize.h) of which a plan does not leave parts out.
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/augment/augment_plan.h"

namespace caldera::data {

// Returns the view of `image`, uint8 [C, H, W] of any strides, as a new
// contiguous uint8 [C, S, S], where S = image_size is the size for which the
// plan was drawn.
at::Tensor ApplyAugmentPlan(const AugmentPlan& plan, const at::Tensor& image,
                            int64_t image_size);

// Does the same for a caller that has only the crop: `crop` is uint8 [C,
// plan.crop.height, plan.crop.width] of any strides; `out` is a contiguous
// uint8 [C, S, S].
void ApplyAugmentPlanTo(const AugmentPlan& plan, const at::Tensor& crop,
                        const at::Tensor& out);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_H_
