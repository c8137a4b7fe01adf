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

// Appends what `spec` asks for, in the order of its fields. A part with its own
// probability takes the same draws whether or not it is chosen. `fill` is what
// warps uncover. Colour jitter as torchvision's ColorJitter, 3-Augment as DeiT
// III's (Touvron et al. 2022) or the Tiny-ImageNet report's.
void DrawPixelOps(const AugmentSpec& spec, const Fill& fill,
                  base::RandomStream& stream, std::vector<PixelOp>* ops);

// timm's RandAugment with the operations and magnitudes of
// rand-m<magnitude>-mstd<magnitude_std>-inc1: num_ops of the 15 with
// replacement, each done with `probability`. Warps are bicubic, as in MAE's
// fine-tuning.
void DrawRandAugment(const RandAugmentSpec& spec, const Fill& fill,
                     base::RandomStream& stream, std::vector<PixelOp>* ops);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_DRAW_PIXEL_OPS_H_
