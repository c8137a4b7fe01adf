#include "eval/linear/linear_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "eval/features/class_rank.h"
#include "eval/features/column_moments.h"
#include "eval/linear/lbfgs.h"
#include "eval/linear/softmax_regression.h"
#include "eval/spec/validate_eval_spec.h"

namespace caldera::eval {
namespace {

constexpr double kVarianceEpsilon = 1e-6;  // of MAE's BatchNorm1d
constexpr int64_t kRowsAtATime = 1 << 14;

// Maps x to (x - shift) * scale by dimension, both [D].
struct Normalization {
  at::Tensor shift, scale;

  // Changes `features` [N, D] in place if nobody else holds them, and a copy
  // otherwise.
  at::Tensor Apply(at::Tensor features) const {
    const bool ours = features.use_count() == 1 &&
                      features.storage().use_count() == 1 &&
                      features.scalar_type() == shift.scalar_type() &&
                      !features.requires_grad();
    if (!ours) {
      features = features.detach().to(shift.scalar_type(),
                                      /*non_blocking=*/false, /*copy=*/true);
    }
    return features.sub_(shift).mul_(scale);
  }
};

// Returns the normalization that gives the training rows a mean squared length
// of 1 (LinearProbeSpec.l2), after standardising them if asked. Sums in double.
Normalization Normalize(const at::Tensor& features, bool standardize) {
  const auto dtype =
      features.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor rows = features.detach();
  at::Tensor mean =
      at::zeros({rows.size(1)}, rows.options().dtype(at::kDouble));
  if (standardize) mean = ColumnMean(rows);
  const at::Tensor squares = ColumnSquares(rows, mean);  // [D]
  at::Tensor scale = at::ones_like(mean);
  if (standardize) scale = (squares + kVarianceEpsilon).rsqrt();
  const double length =
      std::sqrt((squares * scale.square()).sum().item<double>());
  // The features have collapsed: they become zero, and only the bias can learn.
  if (length > 0) scale = scale / length;
  return {mean.to(dtype), scale.to(dtype)};
}

LbfgsOptions OptionsOf(const LinearProbeSpec& spec) {
  LbfgsOptions options;
  options.max_iterations = spec.max_iterations();
  options.gradient_tolerance = spec.gradient_tolerance();
  return options;
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
    LabelledFeatures train, LabelledFeatures test, int64_t num_classes,
    const LinearProbeSpec& spec) {
  RETURN_IF_ERROR(base::Within("linear", Validate(spec)));
  RETURN_IF_ERROR(CheckTrainAndTest(train, test, num_classes));
  const Normalization normalization =
      Normalize(train.features, spec.standardize());
  const at::Tensor x =
      normalization.Apply(std::move(train.features));  // [N, D]
  const LbfgsResult fit = MinimizeLbfgs(
      [&](const at::Tensor& theta, at::Tensor* gradient) {
        return SoftmaxRegressionLoss(x, train.labels, theta, spec.l2(),
                                     gradient);
      },
      at::zeros({x.size(1) + 1, num_classes}, x.options().dtype(at::kDouble)),
      OptionsOf(spec));

  const Hits on_train = Accuracy(x, train.labels, fit.x);
  const Hits on_test = Accuracy(normalization.Apply(std::move(test.features)),
                                test.labels, fit.x);
  return LinearProbeResult{on_test.top1,   on_test.top5,  on_train.top1,
                           fit.iterations, fit.converged, fit.value};
}

int64_t LinearProbeBytes(int64_t train, int64_t test, int64_t width,
                         int64_t num_classes, const LinearProbeSpec& spec) {
  constexpr int64_t kDouble = 8;
  const int64_t fitting =
      kDouble * (width + 1) * num_classes * LbfgsTensors(OptionsOf(spec)) +
      SoftmaxRegressionBytes(train, width, num_classes);
  // Logits, and the numbers and flags of their ranks.
  const int64_t measuring =
      20 * std::min(kRowsAtATime, std::max(train, test)) * num_classes;
  return std::max({ColumnMomentsBytes(train, width), fitting, measuring});
}

}  // namespace caldera::eval
