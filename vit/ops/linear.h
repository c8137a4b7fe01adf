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
// add_linear.h, norm_linear.h and gelu_linear.h fuse it with its neighbours.
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
  // How InitializeVit (vit/model/initialization.h) draws the weight.
  enum class Initial { kXavierUniform, kKaimingUniform };

  Linear(int64_t in, int64_t out, bool with_bias = true);
  // weight_sizes: [out, ...], whose product without `out` is the input's size,
  // for weights that are stored with more dimensions (a convolution's).
  explicit Linear(at::IntArrayRef weight_sizes, bool with_bias = true);

  at::Tensor forward(const at::Tensor& x) const;  // [..., in] -> [..., out]

  void set_compute_type(std::optional<at::ScalarType> type) { type_ = type; }
  bool has_compute_type() const { return type_.has_value(); }

  void set_initial(Initial initial) { initial_ = initial; }
  Initial initial() const { return initial_; }

  // Returns the type of forward's result.
  at::ScalarType compute_type() const {
    return type_.value_or(weight.scalar_type());
  }

  // Returns `tensor` in the compute type; an undefined one as it is.
  at::Tensor Cast(const at::Tensor& tensor) const;

  // Returns the bias in the form that a custom autograd function takes, which
  // accepts no undefined tensor.
  std::optional<at::Tensor> optional_bias() const {
    return bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt;
  }

  at::Tensor weight, bias;  // bias: undefined where there is none

 private:
  Initial initial_ = Initial::kXavierUniform;
  std::optional<at::ScalarType> type_;  // none: the parameters' own
};

// Returns the outputs `from` to `to` of linear.forward(x) alone: [..., in] ->
// [..., to - from].
at::Tensor LinearRows(const Linear& linear, const at::Tensor& x, int64_t from,
                      int64_t to);

// Sets the type in which every Linear in `module` computes; none: the type of
// its parameters.
void SetComputeType(torch::nn::Module& module,
                    std::optional<at::ScalarType> type);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_LINEAR_H_
