#include "vit/ops/first_derivative.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

namespace caldera::vit {

void CheckFirstDerivative(const char* operation) {
  TORCH_CHECK(
      !at::GradMode::is_enabled(), "the fused operation of ", operation,
      " has no second derivative (its backward pass was asked for with "
      "create_graph); choose the plain operations: train.plain_ops=true "
      "in a spec, vit::PlainOps in code");
}

}  // namespace caldera::vit
