#include "vit/blocks/mlp.h"

#include <ATen/TensorOperators.h>

#include "vit/ops/gelu_linear.h"
#include "vit/ops/norm_linear.h"

namespace caldera::vit {

Mlp::Mlp(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ =
      register_module("fc1", std::make_shared<Linear>(embed_dim, hidden_dim));
  fc2_ =
      register_module("fc2", std::make_shared<Linear>(hidden_dim, embed_dim));
}

at::Tensor Mlp::AddTo(const at::Tensor& x, const LayerNorm& norm,
                      const at::Tensor& scale) const {
  const at::Tensor hidden = NormLinear(x, norm, *fc1_);  // [B, N, hidden]
  if (!scale.defined()) return GeluLinear(hidden, *fc2_, x);
  return x + scale * GeluLinear(hidden, *fc2_);
}

at::Tensor Mlp::AddNormedTo(const at::Tensor& x,
                            const at::Tensor& normed) const {
  return GeluLinear(fc1_->forward(normed), *fc2_, x);
}

}  // namespace caldera::vit
