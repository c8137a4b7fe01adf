#include "vit/ops/residual.h"

#include <ATen/TensorOperators.h>

#include "vit/ops/add_linear.h"
#include "vit/ops/add_norm.h"
#include "vit/ops/norm_linear.h"

namespace caldera::vit {
namespace {

// Returns true where a branch of this type waits for its norm.
bool Fuses(const Residual& x, at::ScalarType type) {
  return x.fuse == FuseSums::kAlways ||
         (x.fuse == FuseSums::kWhereThereIsAKernel &&
          AddNormHasKernel(x.tokens, type));
}

}  // namespace

at::Tensor Residual::Sum() const {
  return branch.defined() ? tokens + branch : tokens;
}

SumAndOutput Norm(const Residual& x, const LayerNorm& norm,
                  at::ScalarType type) {
  if (!Fuses(x, type)) {
    const at::Tensor sum = x.Sum();
    return {{sum, x.fuse}, norm.forward(sum)};
  }
  const AddNormOutput out = AddNorm(x.tokens, x.branch, norm, type);
  return {{out.sum, x.fuse}, out.normed};
}

SumAndOutput NormLinear(const Residual& x, const LayerNorm& norm,
                        const Linear& linear) {
  if (!Fuses(x, linear.compute_type())) {
    const at::Tensor sum = x.Sum();
    return {{sum, x.fuse}, NormLinear(sum, norm, linear)};
  }
  SumAndOutput out = Norm(x, norm, linear.compute_type());
  out.output = linear.forward(out.output);
  return out;
}

Residual AddLinear(const Residual& sum, const Linear& linear,
                   const at::Tensor& branch, const at::Tensor& scale) {
  if (scale.defined()) {
    return {sum.tokens + scale * linear.forward(branch), sum.fuse};
  }
  if (!Fuses(sum, linear.compute_type())) {
    return {AddLinear(sum.tokens, linear, branch), sum.fuse};
  }
  Residual out = sum;
  out.branch = linear.forward(branch);
  return out;
}

}  // namespace caldera::vit
