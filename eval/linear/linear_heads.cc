#include "eval/linear/linear_heads.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <glog/logging.h>

#include <algorithm>

#include "data/random_stream.h"

namespace caldera::eval {
namespace {

constexpr double kTrustCoefficient = 0.001;
constexpr double kFirstWeights = 0.01;
constexpr double kBatchNormMomentum = 0.1;
constexpr double kBatchNormEpsilon = 1e-6;
// Logits a block of rows: 64 MiB of float.
constexpr int64_t kLogitsAtATime = 1 << 24;

at::Tensor FirstWeights(int64_t classes, int64_t width, uint64_t seed) {
  const at::Tensor weights = at::empty({classes, width}, at::kDouble);
  data::RandomStream stream(seed, "linear heads", 0, 0);
  double* value = weights.mutable_data_ptr<double>();
  for (int64_t i = 0; i < weights.numel(); ++i) {
    value[i] = kFirstWeights * stream.Normal();
  }
  return weights;
}

// 0.001 |w| / |d| of each head, 1 where either is 0: [H, C, D] -> [H, 1, 1].
at::Tensor TrustRatio(const at::Tensor& weight, const at::Tensor& direction) {
  const at::Tensor size = weight.norm(2, {1, 2}, /*keepdim=*/true);
  const at::Tensor length = direction.norm(2, {1, 2}, /*keepdim=*/true);
  return (kTrustCoefficient * size / length)
      .masked_fill_(size.gt(0).logical_and_(length.gt(0)).logical_not_(), 1);
}

}  // namespace

LinearHeads::LinearHeads(int64_t width, int64_t num_classes,
                         const std::vector<double>& weight_decay,
                         const LinearHeadsOptions& options)
    : options_(options),
      heads_(static_cast<int64_t>(weight_decay.size())),
      classes_(num_classes),
      width_(width),
      decays_(std::any_of(weight_decay.begin(), weight_decay.end(),
                          [](double decay) { return decay != 0; })) {
  CHECK_GE(heads_, 1);
  const auto place = at::device(options.device).dtype(options.dtype);
  weight_decay_ =
      at::tensor(weight_decay, at::kDouble).to(place).view({heads_, 1, 1});
  weight_ = FirstWeights(num_classes, width, options.seed)
                .to(place)
                .repeat({heads_, 1});  // [H * C, D]
  bias_ = at::zeros({heads_ * num_classes}, place);
  weight_momentum_ = at::zeros_like(weight_);
  bias_momentum_ = at::zeros_like(bias_);
  running_mean_ = at::zeros({width}, place);
  running_var_ = at::ones({width}, place);
}

at::Tensor LinearHeads::weight() const {
  return weight_.view({heads_, classes_, width_});
}

at::Tensor LinearHeads::bias() const { return bias_.view({heads_, classes_}); }

at::Tensor LinearHeads::Normalized(const at::Tensor& features,
                                   bool training) const {
  if (!options_.batch_norm) return features;
  return at::batch_norm(features, {}, {}, running_mean_, running_var_, training,
                        kBatchNormMomentum, kBatchNormEpsilon,
                        /*cudnn_enabled=*/false);
}

at::Tensor LinearHeads::Logits(const at::Tensor& features) const {
  const at::NoGradGuard no_grad;
  return at::addmm(bias_, Normalized(features, /*training=*/false), weight_.t())
      .view({-1, heads_, classes_});
}

void LinearHeads::Step(const at::Tensor& features, const at::Tensor& labels,
                       const std::vector<double>& rates) {
  CHECK_EQ(static_cast<int64_t>(rates.size()), heads_);
  const at::NoGradGuard no_grad;
  const at::Tensor x = Normalized(features, /*training=*/true);  // [B, D]
  const int64_t rows = x.size(0), columns = heads_ * classes_;
  const int64_t block = std::max<int64_t>(1, kLogitsAtATime / columns);
  at::Tensor weight_gradient, bias_gradient;
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const at::Tensor part = x.narrow(0, first, n);
    // d loss / d logits = (softmax - onehot(label)) / B.
    at::Tensor g = at::softmax(
        at::addmm(bias_, part, weight_.t()).view({n, heads_, classes_}), 2);
    const at::Tensor label =
        labels.narrow(0, first, n).view({n, 1, 1}).expand({n, heads_, 1});
    g.scatter_add_(2, label,
                   at::full({}, -1, g.options()).expand({n, heads_, 1}));
    g = g.view({n, columns}).div_(rows);
    const at::Tensor weights = at::mm(g.t(), part);  // [H * C, D]
    const at::Tensor biases = g.sum(0);              // [H * C]
    weight_gradient = first == 0 ? weights : weight_gradient.add_(weights);
    bias_gradient = first == 0 ? biases : bias_gradient.add_(biases);
  }
  Update(weight_gradient, bias_gradient,
         at::tensor(rates, at::kDouble).to(x.options()).view({heads_, 1, 1}));
}

void LinearHeads::Update(const at::Tensor& weight_gradient,
                         const at::Tensor& bias_gradient,
                         const at::Tensor& rates) {
  const auto heads = [this](const at::Tensor& t) {
    return t.view({heads_, classes_, -1});  // [H, C, D or 1]
  };
  const at::Tensor w = heads(weight_), b = heads(bias_);
  at::Tensor dw = heads(weight_gradient), db = heads(bias_gradient);
  if (decays_) dw.addcmul_(w, weight_decay_);
  if (options_.optimizer == HeadsSpec::LARS) {
    dw.mul_(TrustRatio(w, dw));
  } else if (decays_) {
    db.addcmul_(b, weight_decay_);
  }
  const at::Tensor mw = heads(weight_momentum_).mul_(options_.momentum);
  const at::Tensor mb = heads(bias_momentum_).mul_(options_.momentum);
  w.addcmul_(mw.add_(dw), rates, -1);
  b.addcmul_(mb.add_(db), rates, -1);
}

}  // namespace caldera::eval
