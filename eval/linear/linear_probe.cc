#include "eval/linear/linear_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "eval/features/class_rank.h"
#include "eval/linear/lbfgs.h"
#include "eval/linear/softmax_regression.h"
#include "eval/spec/validate_eval_spec.h"

namespace caldera::eval {
namespace {

constexpr double kVarianceEpsilon = 1e-6;  // of MAE's BatchNorm1d
constexpr int64_t kRowsAtATime = 1 << 14;

// (x - shift) * scale by dimension, both [D].
struct Normalization {
  at::Tensor shift, scale;

  at::Tensor Apply(const at::Tensor& features) const {
    const at::Tensor x =
        features.detach().to(shift.scalar_type(), /*non_blocking=*/false,
                             /*copy=*/true);  // [N, D]
    return x.sub_(shift).mul_(scale);
  }
};

// Gives the training rows a mean squared length of 1 (LinearProbeSpec.l2),
// after standardising them if asked. Sums in double.
Normalization Normalize(const at::Tensor& features, bool standardize) {
  const auto dtype =
      features.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor rows = features.detach();
  const int64_t count = rows.size(0);
  at::Tensor mean =
      at::zeros({rows.size(1)}, rows.options().dtype(at::kDouble));
  if (standardize) mean = rows.mean(0, /*keepdim=*/false, at::kDouble);
  at::Tensor squares = at::zeros_like(mean);  // [D], mean (x - mean)^2
  for (int64_t first = 0; first < count; first += kRowsAtATime) {
    squares += rows.narrow(0, first, std::min(kRowsAtATime, count - first))
                   .to(at::kDouble)
                   .sub(mean)
                   .square()
                   .sum(0);
  }
  squares /= count;
  at::Tensor scale = at::ones_like(mean);
  if (standardize) scale = (squares + kVarianceEpsilon).rsqrt();
  const double length =
      std::sqrt((squares * scale.square()).sum().item<double>());
  // Collapsed features: all zero, only the bias can learn.
  if (length > 0) scale = scale / length;
  return {mean.to(dtype), scale.to(dtype)};
}

struct Hits {
  double top1 = 0, top5 = 0;  // percent
};

Hits Accuracy(const at::Tensor& x, const at::Tensor& labels,
              const at::Tensor& theta) {
  int64_t top1 = 0, top5 = 0;
  const int64_t count = x.size(0);
  for (int64_t first = 0; first < count; first += kRowsAtATime) {
    const int64_t n = std::min(kRowsAtATime, count - first);
    const at::Tensor logits =
        SoftmaxRegressionLogits(x.narrow(0, first, n), theta);  // [n, C]
    const at::Tensor rank =
        ClassRank(logits, labels.narrow(0, first, n));  // [n]
    top1 += rank.lt(1).sum().item<int64_t>();
    top5 += rank.lt(5).sum().item<int64_t>();
  }
  return {100.0 * top1 / count, 100.0 * top5 / count};
}

}  // namespace

absl::StatusOr<LinearProbeResult> EvaluateLinearProbe(
    const LabelledFeatures& train, const LabelledFeatures& test,
    int64_t num_classes, const LinearProbeSpec& spec) {
  RETURN_IF_ERROR(base::Within("linear", Validate(spec)));
  RETURN_IF_ERROR(CheckTrainAndTest(train, test, num_classes));
  const Normalization normalization =
      Normalize(train.features, spec.standardize());
  const at::Tensor x = normalization.Apply(train.features);  // [N, D]
  LbfgsOptions options;
  options.max_iterations = spec.max_iterations();
  options.gradient_tolerance = spec.gradient_tolerance();
  const LbfgsResult fit = MinimizeLbfgs(
      [&](const at::Tensor& theta, at::Tensor* gradient) {
        return SoftmaxRegressionLoss(x, train.labels, theta, spec.l2(),
                                     gradient);
      },
      at::zeros({x.size(1) + 1, num_classes}, x.options().dtype(at::kDouble)),
      options);

  const Hits on_train = Accuracy(x, train.labels, fit.x);
  const Hits on_test =
      Accuracy(normalization.Apply(test.features), test.labels, fit.x);
  return LinearProbeResult{on_test.top1,   on_test.top5,  on_train.top1,
                           fit.iterations, fit.converged, fit.value};
}

}  // namespace caldera::eval
