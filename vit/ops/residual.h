// The residual stream of a block, x + branch + branch, and what is computed
// from it: norms, and linear layers behind them.
//
//   const vit::Residual h = vit::AddLinear(x, proj, heads, /*scale=*/{});
//   const auto [sum, hidden] = vit::NormLinear(h, norm2, fc1);
//   sum.tokens;  // x + proj(heads), [B, N, D]
//   hidden;      // fc1(norm2(sum)), [B, N, hidden]
//
// The last branch may wait for the norm that follows, which then adds it on its
// way (add_norm.h). Callers do not see whether it does.
#ifndef CALDERA_VIT_OPS_RESIDUAL_H_
#define CALDERA_VIT_OPS_RESIDUAL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

// Where sums are fused with the norms that follow them.
enum class FuseSums { kNever, kWhereThereIsAKernel, kAlways };

struct Residual {
  // Tokens [B, N, D] are a stream without a branch.
  Residual(at::Tensor all_tokens,  // NOLINT(google-explicit-constructor)
           FuseSums fuse_sums = FuseSums::kNever)
      : tokens(std::move(all_tokens)), fuse(fuse_sums) {}

  // Returns the tokens with the branch.
  at::Tensor Sum() const;

  at::Tensor tokens;  // [B, N, D]
  at::Tensor branch;  // [B, N, D], still to be added; undefined: none
  FuseSums fuse;
};

// A stream without a branch, and what was computed from it.
struct SumAndOutput {
  Residual sum;
  at::Tensor output;
};

// Returns norm(sum), [B, N, D], in `type` where the sum is fused, else in the
// type of the stream.
SumAndOutput Norm(const Residual& x, const LayerNorm& norm,
                  at::ScalarType type);

// Returns linear(norm(sum)), [B, N, out].
SumAndOutput NormLinear(const Residual& x, const LayerNorm& norm,
                        const Linear& linear);

// Returns the stream sum + scale * linear(branch): sum [B, N, D]; branch [B, N,
// in]; scale [B, 1, 1], 1 where it is undefined. A scaled branch does not wait.
Residual AddLinear(const Residual& sum, const Linear& linear,
                   const at::Tensor& branch, const at::Tensor& scale);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_RESIDUAL_H_
