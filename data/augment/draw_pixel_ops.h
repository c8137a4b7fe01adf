// Draws the part of a plan that comes after cropping and flipping.
//
//   DrawPixelOps(spec, fill, stream, &plan.ops);
#ifndef CALDERA_DATA_AUGMENT_DRAW_PIXEL_OPS_H_
#define CALDERA_DATA_AUGMENT_DRAW_PIXEL_OPS_H_

#include <vector>

#include "base/random_stream.h"
#include "data/augment/pixel_op.h"
#include "data/data.pb.h"

namespace caldera::data {

// Appends the operations of `spec`, in the order of its fields. An operation
// with its own probability takes the same draws whether or not it is chosen.
// `fill` fills what warps uncover. Colour jitter follows torchvision's
// ColorJitter, 3-Augment DeiT III (Touvron et al. 2022) or the Tiny-ImageNet
// report.
void DrawPixelOps(const AugmentSpec& spec, const Fill& fill,
                  base::RandomStream& stream, std::vector<PixelOp>* ops);

// Appends the operations of timm's RandAugment with the operations and
// magnitudes of rand-m<magnitude>-mstd<magnitude_std>-inc1: num_ops of the 15
// with replacement, each applied with `probability`. Warps are bicubic, as in
// MAE's fine-tuning.
void DrawRandAugment(const RandAugmentSpec& spec, const Fill& fill,
                     base::RandomStream& stream, std::vector<PixelOp>* ops);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_DRAW_PIXEL_OPS_H_
