#ifndef CALDERA_VIT_BLOCKS_MLP_H_
#define CALDERA_VIT_BLOCKS_MLP_H_

// The block's multi-layer perceptron, with timm's parameter names.
//
//   vit::Mlp mlp(192, 768);
//   at::Tensor y = mlp.AddTo(x, norm);  // x + fc2(gelu(fc1(norm(x))))

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

class Mlp : public torch::nn::Module {
 public:
  Mlp(int64_t embed_dim, int64_t hidden_dim);

  // x + scale * fc2(gelu(fc1(norm(x)))): [B, N, D] -> [B, N, D]; scale [B, 1,
  // 1], 1 where it is undefined.
  at::Tensor AddTo(const at::Tensor& x, const LayerNorm& norm,
                   const at::Tensor& scale = {}) const;

  // x + fc2(gelu(fc1(normed))), for an x whose norm is there already.
  at::Tensor AddNormedTo(const at::Tensor& x, const at::Tensor& normed) const;

 private:
  std::shared_ptr<Linear> fc1_, fc2_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_MLP_H_
