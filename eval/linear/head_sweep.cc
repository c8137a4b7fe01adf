#include "eval/linear/head_sweep.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <glog/logging.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "eval/class_rank.h"
#include "eval/evaluation_sets.h"
#include "eval/linear/cached_batches.h"
#include "eval/linear/head_recipe.h"
#include "eval/linear/linear_heads.h"

namespace caldera::eval {
namespace {

// Logits a block of rows: 64 MiB of float.
constexpr int64_t kLogitsAtATime = 1 << 24;

struct Accuracies {
  std::vector<double> top1, top5;  // of each head, percent
};

Accuracies Measure(const LinearHeads& heads, const LabelledFeatures& data,
                   int64_t num_classes) {
  const at::Tensor weight = heads.weight();
  const int64_t rows = data.features.size(0), count = heads.num_heads();
  const int64_t block =
      std::max<int64_t>(1, kLogitsAtATime / (count * num_classes));
  std::vector<int64_t> top1(count), top5(count);
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const at::Tensor logits = heads.Logits(
        data.features.narrow(0, first, n).to(weight.options()));  // [n, H, C]
    const at::Tensor rank = ClassRank(logits, data.labels.narrow(0, first, n)
                                                  .to(weight.device())
                                                  .unsqueeze(1)
                                                  .expand({n, count}))
                                .to(at::kCPU);  // [n, H]
    const at::Tensor first_hits = rank.lt(1).sum(0), five = rank.lt(5).sum(0);
    for (int64_t h = 0; h < count; ++h) {
      top1[h] += first_hits[h].item<int64_t>();
      top5[h] += five[h].item<int64_t>();
    }
  }
  Accuracies accuracies;
  for (int64_t h = 0; h < count; ++h) {
    accuracies.top1.push_back(100.0 * top1[h] / rows);
    accuracies.top5.push_back(100.0 * top5[h] / rows);
  }
  return accuracies;
}

LabelledFeatures Rows(const LabelledFeatures& all,
                      const std::vector<int64_t>& rows) {
  const at::Tensor index =
      at::tensor(rows, at::kLong).to(all.features.device());
  return {at::index_select(all.features, 0, index),
          at::index_select(all.labels, 0, index)};
}

// The heads after their training, one LinearHeads for each of the features.
absl::StatusOr<std::vector<LinearHeads>> Train(const FeatureBatches& batches,
                                               int64_t num_classes,
                                               const HeadsSpec& spec) {
  const std::vector<HeadSetting> settings = HeadSettings(spec);
  std::vector<double> decays, rates(settings.size());
  for (const HeadSetting& setting : settings) {
    decays.push_back(setting.weight_decay);
  }
  LinearHeadsOptions options;
  options.optimizer = spec.optimizer();
  options.momentum = spec.momentum();
  options.batch_norm = spec.batch_norm();
  options.seed = spec.seed();
  std::vector<LinearHeads> heads;
  const int64_t steps = spec.epochs() * batches.steps_per_epoch;
  for (int64_t step = 0; step < steps; ++step) {
    const absl::StatusOr<FeatureBatch> batch = batches.next();
    if (!batch.ok()) return batch.status();
    const double factor =
        RateFactor(spec, static_cast<double>(step) / batches.steps_per_epoch) *
        spec.batch_size() / 256;
    for (size_t h = 0; h < settings.size(); ++h) {
      rates[h] = factor * settings[h].base_lr;
    }
    for (size_t f = 0; f < batch->features.size(); ++f) {
      const at::Tensor& features = batch->features[f];
      if (step == 0) {
        options.dtype = features.scalar_type();
        options.device = features.device();
        heads.emplace_back(features.size(1), num_classes, decays, options);
      }
      heads[f].Step(features, batch->labels, rates);
    }
  }
  return heads;
}

absl::StatusOr<HeadSweep> Choose(const LinearHeads& heads,
                                 const LabelledFeatures* held_out,
                                 const LabelledFeatures& test,
                                 int64_t num_classes, const HeadsSpec& spec) {
  const std::vector<HeadSetting> settings = HeadSettings(spec);
  Accuracies choosing;
  if (held_out != nullptr) choosing = Measure(heads, *held_out, num_classes);
  const at::Tensor finite =
      at::isfinite(heads.weight()).all(2).all(1).to(at::kCPU);  // [H]
  HeadSweep sweep;
  sweep.chosen = settings.size();
  for (size_t h = 0; h < settings.size(); ++h) {
    const bool diverged = !finite[h].item<bool>();
    sweep.heads.push_back(
        {settings[h].base_lr, settings[h].weight_decay,
         held_out == nullptr || diverged ? 0 : choosing.top1[h], diverged});
    if (!diverged && (sweep.chosen == settings.size() ||
                      sweep.heads[h].held_out_top1 >
                          sweep.heads[sweep.chosen].held_out_top1)) {
      sweep.chosen = h;
    }
  }
  if (sweep.chosen == settings.size()) {
    return absl::FailedPreconditionError(
        "linear.heads.base_lr: every head has diverged; use smaller rates");
  }
  const Accuracies on_test = Measure(heads, test, num_classes);
  sweep.top1 = on_test.top1[sweep.chosen];
  sweep.top5 = on_test.top5[sweep.chosen];
  return sweep;
}

}  // namespace

bool HasChoice(const HeadsSpec& heads) {
  return heads.base_lr_size() * heads.weight_decay_size() > 1;
}

absl::Status CheckBatch(const HeadsSpec& heads, int64_t rows) {
  const int64_t held_out = HasChoice(heads) ? rows / kHeldOutStride : 0;
  if (HasChoice(heads) && held_out == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("linear.heads: several heads are chosen from on every ",
                     kHeldOutStride, "th training image, but there are only ",
                     rows, "; give one base_lr and one weight_decay"));
  }
  if (heads.batch_size() <= rows - held_out) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "linear.heads.batch_size: ", heads.batch_size(), " is more than the ",
      rows - held_out, " training images; use at most that"));
}

absl::StatusOr<std::vector<HeadSweep>> SweepHeads(
    const FeatureBatches& batches,
    const std::vector<LabelledFeatures>& held_out,
    const std::vector<LabelledFeatures>& test, int64_t num_classes,
    const HeadsSpec& spec) {
  CHECK_EQ(held_out.size(), HasChoice(spec) ? test.size() : 0);
  for (const std::vector<LabelledFeatures>* some : {&held_out, &test}) {
    for (const LabelledFeatures& data : *some) {
      const auto status = CheckLabelledFeatures(
          data, some == &test ? "test" : "held-out", num_classes);
      if (!status.ok()) return status;
    }
  }
  const auto heads = Train(batches, num_classes, spec);
  if (!heads.ok()) return heads.status();
  std::vector<HeadSweep> sweeps;
  for (size_t f = 0; f < heads->size(); ++f) {
    const auto sweep =
        Choose((*heads)[f], held_out.empty() ? nullptr : &held_out[f], test[f],
               num_classes, spec);
    if (!sweep.ok()) return sweep.status();
    sweeps.push_back(*sweep);
  }
  return sweeps;
}

absl::StatusOr<std::vector<HeadSweep>> SweepCachedFeatures(
    const std::vector<LabelledFeatures>& train,
    const std::vector<LabelledFeatures>& test, int64_t num_classes,
    const HeadsSpec& spec) {
  for (size_t f = 0; f < train.size(); ++f) {
    const auto status = CheckTrainAndTest(train[f], test[f], num_classes);
    if (!status.ok()) return status;
  }
  const int64_t size = train[0].features.size(0);
  if (auto status = CheckBatch(spec, size); !status.ok()) return status;
  std::vector<LabelledFeatures> held_out;
  std::vector<int64_t> rows(size);
  std::iota(rows.begin(), rows.end(), 0);
  if (HasChoice(spec)) {
    HeldOutRows parts = HoldOutEvery(kHeldOutStride, size);
    rows = std::move(parts.kept);
    for (const LabelledFeatures& some : train) {
      held_out.push_back(Rows(some, parts.held_out));
    }
  }
  return SweepHeads(
      CachedBatches(train, std::move(rows), spec.batch_size(), spec.seed()),
      held_out, test, num_classes, spec);
}

}  // namespace caldera::eval
