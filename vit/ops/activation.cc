#include "vit/ops/activation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/chunk.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

namespace caldera::vit {

at::Tensor Activate(const at::Tensor& x, EncoderSpec::Activation activation) {
  switch (activation) {
    case EncoderSpec::GELU:
      return at::gelu(x);
    case EncoderSpec::GELU_TANH:
      return at::gelu(x, "tanh");
    case EncoderSpec::QUICK_GELU:
      return x * at::sigmoid(1.702 * x);
    case EncoderSpec::SWIGLU: {
      const auto halves = x.chunk(2, -1);
      return at::silu(halves[0]) * halves[1];
    }
  }
  return x;  // a value that the parser of specs refuses
}

int64_t ActivatedWidth(int64_t hidden, EncoderSpec::Activation activation) {
  return activation == EncoderSpec::SWIGLU ? hidden / 2 : hidden;
}

}  // namespace caldera::vit
