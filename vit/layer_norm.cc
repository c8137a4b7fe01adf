#include "vit/layer_norm.h"

#include <ATen/ops/layer_norm.h>

#include "vit/parameter.h"

namespace caldera::vit {

LayerNorm::LayerNorm(int64_t dim, double eps)
    : weight(register_parameter("weight", NewParameter({dim}).fill_(1))),
      bias(register_parameter("bias", NewParameter({dim}).fill_(0))),
      eps_(eps) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, eps_);
}

}  // namespace caldera::vit
