#include "eval/linear/linear_heads.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "base/random_stream.h"

namespace caldera::eval {
namespace {

constexpr double kFirstWeights = 0.01;
// The logits of a block of rows take 1 MiB of float, so that they stay in the
// cache between the products and the softmax; a product of fewer rows would be
// slow.
constexpr int64_t kLogitsAtATime = 1 << 18, kLeastRows = 256;

at::TensorOptions Place(const HeadsOptions& options) {
  return at::device(options.device).dtype(options.dtype);
}

}  // namespace

at::Tensor FirstHeadWeights(int64_t classes, int64_t width, uint64_t seed) {
  const at::Tensor weights = at::empty({classes, width}, at::kDouble);
  base::RandomStream stream(seed, "linear heads", 0, 0);
  double* value = weights.mutable_data_ptr<double>();
  for (int64_t i = 0; i < weights.numel(); ++i) {
    value[i] = kFirstWeights * stream.Normal();
  }
  return weights;
}

LinearHeads::LinearHeads(int64_t width, int64_t num_classes,
                         const std::vector<double>& weight_decay,
                         const HeadsOptions& options)
    : optimizer_(options.optimizer, options.momentum, weight_decay,
                 Place(options)),
      norm_(width, options.batch_norm, Place(options)),
      weight_(FirstHeadWeights(num_classes, width, options.seed)
                  .to(Place(options))
                  .repeat({num_heads(), 1, 1}),  // [H, C, D]
              HeadParameter::MATRIX),
      bias_(at::zeros({num_heads(), num_classes}, Place(options)),
            HeadParameter::VECTOR) {}

at::Tensor LinearHeads::Finite() const {
  return at::isfinite(weight()).flatten(1).all(1);
}

at::Tensor LinearHeads::Logits(const at::Tensor& features) const {
  const at::NoGradGuard no_grad;
  return at::addmm(bias().flatten(), norm_.Evaluate(features),
                   weight().flatten(0, 1).t())
      .view({-1, num_heads(), bias().size(1)});
}

void LinearHeads::Step(const at::Tensor& features, const at::Tensor& labels,
                       const std::vector<double>& rates) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = norm_.Train(features);              // [B, D]
  const at::Tensor weight = this->weight().flatten(0, 1);  // [H * C, D]
  const at::Tensor bias = this->bias().view({-1, 1});      // [H * C, 1]
  const int64_t heads = num_heads(), rows = x.size(0);
  const int64_t block = std::max(kLeastRows, kLogitsAtATime / weight.size(0));
  const at::Tensor minus_one = at::full({}, -1, x.options());
  at::Tensor weight_gradient, bias_gradient;
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const at::Tensor part = x.narrow(0, first, n);
    // Samples are columns: the softmax then runs over full vectors of samples,
    // whereas a row has only the C numbers of one head. d loss / d logits =
    // (softmax - onehot(label)) / B.
    at::Tensor g =
        at::softmax(at::addmm(bias, weight, part.t()).view({heads, -1, n}), 1);
    const at::Tensor label =
        labels.narrow(0, first, n).view({1, 1, n}).expand({heads, 1, n});
    g.scatter_add_(1, label, minus_one.expand({heads, 1, n}));
    g = g.view({-1, n});                         // [H * C, n]
    const at::Tensor weights = at::mm(g, part);  // [H * C, D]
    const at::Tensor biases = g.sum(1);          // [H * C]
    weight_gradient = first == 0 ? weights : weight_gradient.add_(weights);
    bias_gradient = first == 0 ? biases : bias_gradient.add_(biases);
  }
  optimizer_.Step(weight_gradient.div_(rows).view_as(this->weight()), rates,
                  &weight_);
  optimizer_.Step(bias_gradient.div_(rows).view_as(this->bias()), rates,
                  &bias_);
}

}  // namespace caldera::eval
