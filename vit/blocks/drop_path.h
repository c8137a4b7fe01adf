// Drop path (stochastic depth; Huang et al., ECCV 2016) leaves a residual
// branch out for some samples.
//
//   double rate = vit::DropPathRate(/*last=*/0.1, /*block=*/3, /*depth=*/12);
//   at::Tensor scale = vit::DropPathScale(uniforms, rate);  // [B] -> [B, 1, 1]
//   y = x + scale * branch(x);
//
// The caller passes the random numbers in, so that they can be functions of
// (seed, step, sample), and a block that is computed again drops the same
// branches.
#ifndef CALDERA_VIT_BLOCKS_DROP_PATH_H_
#define CALDERA_VIT_BLOCKS_DROP_PATH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::vit {

// Returns the rate of a block, which rises linearly from 0 in the first block
// to `last` in the last one. Source: timm, torch.linspace(0, drop_path_rate,
// depth).
double DropPathRate(double last, int64_t block, int64_t depth);

// Returns the factor of each sample's branch, [B, 1, 1] in the type of
// `uniforms`: 0 where its number is below `rate`, else 1 / (1 - rate), which
// keeps the mean. uniforms: [B] in [0, 1). Source: timm, drop_path,
// scale_by_keep.
at::Tensor DropPathScale(const at::Tensor& uniforms, double rate);

// Returns the factor of branch `branch` of a block of tokens x, in x's type and
// on its device; undefined where `uniforms`, [B, branches], is.
at::Tensor BranchScale(const at::Tensor& uniforms, int64_t branch, double rate,
                       const at::Tensor& x);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_DROP_PATH_H_
