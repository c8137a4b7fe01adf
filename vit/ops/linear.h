// The linear layer of every block, with a compute type of its own.
//
//   vit::Linear fc(192, 768);            // weight [768, 192], bias [768]
//   at::Tensor y = fc.forward(x);        // [..., 192] -> [..., 768]
//   vit::SetComputeType(*model, at::kBFloat16);
//   fc.forward(x).scalar_type();         // BFloat16; the weight stays float
//
// In bfloat16 training the parameters, their gradients, the residual stream and
// the norms stay float32; everything between two norms is bfloat16 (attention
// keeps its softmax statistics in float32). Autocast does the same, with a
// cache. The stream is float32 because MAGMA measures distances on it.
//
// Caveat: unlike those of torch::nn::Linear, the weights of a new Linear are
// uninitialised.
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

  // Returns only the outputs `from` to `to`: [..., in] -> [..., to - from].
  at::Tensor ForwardRows(const at::Tensor& x, int64_t from, int64_t to) const;

  // Multiplies by the transposed weight, without a bias: [..., out] -> [...,
  // in].
  at::Tensor ForwardTransposed(const at::Tensor& x) const;

  // Returns residual + forward(x), with one pass over `residual` [..., out]
  // fewer.
  at::Tensor ForwardAdd(const at::Tensor& residual, const at::Tensor& x) const;

  void set_compute_type(std::optional<at::ScalarType> type) { type_ = type; }

  // Returns the type of forward's result.
  at::ScalarType compute_type() const {
    return type_.value_or(weight.scalar_type());
  }

  // Returns the bias in the form that a custom autograd function takes, which
  // accepts no undefined tensor.
  std::optional<at::Tensor> optional_bias() const {
    return bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt;
  }

  at::Tensor weight, bias;  // bias: undefined where there is none

 private:
  at::Tensor Cast(const at::Tensor& tensor) const;

  std::optional<at::ScalarType> type_;  // none: the parameters' own
};

// Sets the type in which every Linear in `module` computes; none: the type of
// its parameters.
void SetComputeType(torch::nn::Module& module,
                    std::optional<at::ScalarType> type);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_LINEAR_H_
