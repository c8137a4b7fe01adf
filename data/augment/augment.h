// Does what a plan says: crop, resize, pad, flip, then colours and blur, on
// bytes.
//
//   AugmentPlan plan = DrawAugmentPlan(spec, height, width, {224}, stream);
//   at::Tensor view = ApplyAugmentPlan(plan, image, 224);  // uint8 [C, S, S]
//
// Pure functions of their arguments. Values are Pillow's, as in the authors'
// pipelines, bit for bit but for a resize to more than 64 x 64
// (data/augment/resize.h).
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/augment/augment_plan.h"

namespace caldera::data {

// `image` uint8 [C, H, W] of any strides -> uint8 [C, S, S], contiguous, new
// memory, S = image_size: that for which the plan was drawn.
at::Tensor ApplyAugmentPlan(const AugmentPlan& plan, const at::Tensor& image,
                            int64_t image_size);

// The same where only the crop is at hand: `crop` uint8 [C, plan.crop.height,
// plan.crop.width], any strides; `out` uint8 [C, S, S], contiguous.
void ApplyAugmentPlanTo(const AugmentPlan& plan, const at::Tensor& crop,
                        const at::Tensor& out);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_H_
