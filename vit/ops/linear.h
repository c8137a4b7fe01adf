// The affine map of every block, with a type of its own to compute in.
//
//   vit::Linear fc(192, 768);            // weight [768, 192], bias [768]
//   at::Tensor y = fc.forward(x);        // [..., 192] -> [..., 768]
//   vit::SetComputeType(*model, at::kBFloat16);
//   fc.forward(x).scalar_type();         // BFloat16; the weight stays float
//
// bfloat16 training: parameters, their gradients, the residual stream and the
// norms stay float32; what happens between two norms is bfloat16 (attention
// keeps its softmax statistics in float32). That is what autocast does, without
// its cache. The stream is float32 because MAGMA measures distances on it.
//
// Caveat: unlike torch::nn::Linear, a new one's weights are undefined.
#ifndef CALDERA_VIT_OPS_LINEAR_H_
#define CALDERA_VIT_OPS_LINEAR_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <optional>

namespace caldera::vit {

class Linear : public torch::nn::Module {
 public:
  Linear(int64_t in, int64_t out, bool with_bias = true);
  // weight_sizes: [out, ...], whose product without `out` is the input's size,
  // for weights that are stored with more dimensions (a convolution's).
  explicit Linear(at::IntArrayRef weight_sizes, bool with_bias = true);

  at::Tensor forward(const at::Tensor& x) const;  // [..., in] -> [..., out]

  // Outputs `from` to `to` only: [..., in] -> [..., to - from].
  at::Tensor ForwardRows(const at::Tensor& x, int64_t from, int64_t to) const;

  // By the transposed weight and without a bias: [..., out] -> [..., in].
  at::Tensor ForwardTransposed(const at::Tensor& x) const;

  // residual + forward(x), in one pass over `residual` [..., out] less.
  at::Tensor ForwardAdd(const at::Tensor& residual, const at::Tensor& x) const;

  void set_compute_type(std::optional<at::ScalarType> type) { type_ = type; }

  // Of forward's result.
  at::ScalarType compute_type() const {
    return type_.value_or(weight.scalar_type());
  }

  // The bias as a custom function takes it, which an undefined tensor is not.
  std::optional<at::Tensor> optional_bias() const {
    return bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt;
  }

  at::Tensor weight, bias;  // bias: undefined where there is none

 private:
  at::Tensor Cast(const at::Tensor& tensor) const;

  std::optional<at::ScalarType> type_;  // none: the parameters' own
};

// The type in which every Linear in `module` computes; none: its parameters'.
void SetComputeType(torch::nn::Module& module,
                    std::optional<at::ScalarType> type);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_LINEAR_H_
