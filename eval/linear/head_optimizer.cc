#include "eval/linear/head_optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <glog/logging.h>

#include <algorithm>
#include <utility>

namespace caldera::eval {
namespace {

// Reshapes [H] -> [H, 1, ...] to broadcast over a parameter of that many
// dimensions.
at::Tensor PerHead(const at::Tensor& values, int64_t dim) {
  std::vector<int64_t> shape(dim, 1);
  shape[0] = values.size(0);
  return values.view(shape);
}

}  // namespace

HeadParameter::HeadParameter(at::Tensor first, Kind kind)
    : value(std::move(first)), momentum(at::zeros_like(value)), kind(kind) {}

HeadOptimizer::HeadOptimizer(const std::string& optimizer, double momentum,
                             const std::vector<double>& weight_decay,
                             const at::TensorOptions& place)
    : rule_(HeadRulePart::CreateNamed("optimizer", optimizer).value()),
      momentum_(momentum),
      num_heads_(static_cast<int64_t>(weight_decay.size())),
      decays_(std::any_of(weight_decay.begin(), weight_decay.end(),
                          [](double decay) { return decay != 0; })),
      place_(place),
      weight_decay_(at::tensor(weight_decay, at::kDouble).to(place)) {
  CHECK_GE(num_heads_, 1);
}

void HeadOptimizer::Step(at::Tensor gradient, const std::vector<double>& rates,
                         HeadParameter* parameter) const {
  CHECK_EQ(static_cast<int64_t>(rates.size()), num_heads_);
  const at::NoGradGuard no_grad;
  const at::Tensor& value = parameter->value;
  rule_->Direct(value,
                decays_ ? PerHead(weight_decay_, value.dim()) : at::Tensor(),
                parameter->kind == HeadParameter::MATRIX, &gradient);
  const at::Tensor rate =
      PerHead(at::tensor(rates, at::kDouble).to(place_), value.dim());
  value.addcmul_(parameter->momentum.mul_(momentum_).add_(gradient), rate, -1);
}

}  // namespace caldera::eval
