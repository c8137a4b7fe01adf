// Layer normalisation over the last dimension (Ba et al., 2016).
//
//   vit::LayerNorm norm(192);            // weight [192] of ones, bias of zeros
//   at::Tensor y = norm.forward(x);      // [..., 192] -> [..., 192]
//
// Caveat: eps is ViT's 1e-6; PyTorch's default is 1e-5.
//
// torch::nn::LayerNorm computes the same, but its header includes half of the
// module API, which every file that includes a block would have to compile.
#ifndef CALDERA_VIT_LAYER_NORM_H_
#define CALDERA_VIT_LAYER_NORM_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

namespace caldera::vit {

inline constexpr double kLayerNormEps = 1e-6;

class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(int64_t dim, double eps = kLayerNormEps);

  // Returns weight * (x - mean) / sqrt(variance + eps) + bias: [..., D] ->
  // [..., D].
  at::Tensor forward(const at::Tensor& x) const;

  double eps() const { return eps_; }

  at::Tensor weight, bias;  // [D] each

 private:
  double eps_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_LAYER_NORM_H_
