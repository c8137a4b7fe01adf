#include "eval/linear/head_sweep.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <glog/logging.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/features/class_rank.h"
#include "eval/features/evaluation_sets.h"
#include "eval/linear/attention_heads.h"
#include "eval/linear/cached_batches.h"
#include "eval/linear/heads.h"
#include "eval/linear/linear_heads.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

// The logits of a block of rows: 64 MiB of float.
constexpr int64_t kLogitsAtATime = 1 << 24;

using AllHeads = std::vector<std::unique_ptr<Heads>>;  // one for each feature

// Counts how often the right class came first, or among the first five.
struct Hits {
  explicit Hits(int64_t heads) : top1(heads), top5(heads) {}

  std::vector<int64_t> top1, top5;  // of each head
  int64_t rows = 0;

  double Percent(int64_t hits) const { return 100.0 * hits / rows; }
};

// Adds the hits of one block: features [B, ...], labels [B] on the CPU.
void Count(const Heads& heads, const at::Tensor& features,
           const at::Tensor& labels, int64_t num_classes, Hits* hits) {
  const int64_t rows = features.size(0), count = heads.num_heads();
  const int64_t block =
      std::max<int64_t>(1, kLogitsAtATime / (count * num_classes));
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const at::Tensor logits =
        heads.Logits(features.narrow(0, first, n));  // [n, H, C]
    const at::Tensor rank = ClassRank(logits, labels.narrow(0, first, n)
                                                  .to(logits.device())
                                                  .unsqueeze(1)
                                                  .expand({n, count}))
                                .to(at::kCPU);  // [n, H]
    const at::Tensor first_hits = rank.lt(1).sum(0), five = rank.lt(5).sum(0);
    for (int64_t h = 0; h < count; ++h) {
      hits->top1[h] += first_hits[h].item<int64_t>();
      hits->top5[h] += five[h].item<int64_t>();
    }
  }
  hits->rows += rows;
}

// Returns the hits of each feature's heads on all of `blocks`, whose features
// may be on another device.
absl::StatusOr<std::vector<Hits>> Measure(const AllHeads& heads,
                                          const FeatureBlocks& blocks,
                                          const at::TensorOptions& place,
                                          int64_t num_classes) {
  std::vector<Hits> hits;
  for (const auto& some : heads) hits.emplace_back(some->num_heads());
  RETURN_IF_ERROR(blocks.for_each([&](const FeatureBatch& block) {
    for (size_t f = 0; f < heads.size(); ++f) {
      Count(*heads[f], block.features[f].to(place), block.labels, num_classes,
            &hits[f]);
    }
    return absl::OkStatus();
  }));
  return hits;
}

LabelledFeatures Rows(const LabelledFeatures& all,
                      const std::vector<int64_t>& rows) {
  const at::Tensor index =
      at::tensor(rows, at::kLong).to(all.features.device());
  return {at::index_select(all.features, 0, index),
          at::index_select(all.labels, 0, index)};
}

struct Trained {
  AllHeads heads;
  at::TensorOptions place;  // of their features
};

std::unique_ptr<Heads> MakeHeads(const at::Tensor& features,
                                 int64_t num_classes, const HeadsSpec& spec,
                                 const AttentionPoolingSpec& pooling) {
  std::vector<double> decays;
  for (const HeadSetting& setting : HeadSettings(spec)) {
    decays.push_back(setting.weight_decay);
  }
  HeadsOptions options;
  options.optimizer = spec.optimizer();
  options.momentum = spec.momentum();
  options.batch_norm = spec.batch_norm();
  options.seed = spec.seed();
  options.dtype = features.scalar_type();
  options.device = features.device();
  if (features.dim() == 3) {
    return std::make_unique<AttentionHeads>(features.size(2), num_classes,
                                            decays, pooling, options);
  }
  return std::make_unique<LinearHeads>(features.size(1), num_classes, decays,
                                       options);
}

absl::StatusOr<Trained> Train(const FeatureBatches& batches,
                              int64_t num_classes, const HeadsSpec& spec,
                              const AttentionPoolingSpec& pooling) {
  const std::vector<HeadSetting> settings = HeadSettings(spec);
  std::vector<double> rates(settings.size());
  Trained trained;
  const int64_t steps = spec.epochs() * batches.steps_per_epoch;
  for (int64_t step = 0; step < steps; ++step) {
    ASSIGN_OR_RETURN(const FeatureBatch batch, batches.next());
    const double factor =
        RateFactor(spec, static_cast<double>(step) / batches.steps_per_epoch) *
        spec.batch_size() / 256;
    for (size_t h = 0; h < settings.size(); ++h) {
      rates[h] = factor * settings[h].base_lr;
    }
    for (size_t f = 0; f < batch.features.size(); ++f) {
      const at::Tensor& features = batch.features[f];
      if (step == 0) {
        RETURN_IF_ERROR(CheckFeatures(features.flatten(1), "train"));
        trained.place = features.options();
        trained.heads.push_back(
            MakeHeads(features, num_classes, spec, pooling));
      }
      trained.heads[f]->Step(features, batch.labels, rates);
    }
  }
  return trained;
}

// held_out: null if there is no choice.
absl::StatusOr<HeadSweep> Choose(const Heads& heads, const Hits* held_out,
                                 const Hits& test, const HeadsSpec& spec) {
  const std::vector<HeadSetting> settings = HeadSettings(spec);
  const at::Tensor finite = heads.Finite().to(at::kCPU);  // [H]
  HeadSweep sweep;
  sweep.chosen = settings.size();
  for (size_t h = 0; h < settings.size(); ++h) {
    const bool diverged = !finite[h].item<bool>();
    const bool known = held_out != nullptr && !diverged;
    sweep.heads.push_back({settings[h].base_lr, settings[h].weight_decay,
                           known ? held_out->Percent(held_out->top1[h]) : 0,
                           diverged});
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
  sweep.top1 = test.Percent(test.top1[sweep.chosen]);
  sweep.top5 = test.Percent(test.top5[sweep.chosen]);
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
    const SweepInput& input, int64_t num_classes, const HeadsSpec& spec,
    const AttentionPoolingSpec& pooling) {
  CHECK_EQ(input.held_out.has_value(), HasChoice(spec));
  ASSIGN_OR_RETURN(const auto trained,
                   Train(input.train, num_classes, spec, pooling));
  const auto measure = [&](const FeatureBlocks& blocks) {
    return Measure(trained.heads, blocks, trained.place, num_classes);
  };
  std::vector<Hits> held_out;
  if (input.held_out.has_value()) {
    ASSIGN_OR_RETURN(held_out, measure(*input.held_out));
  }
  ASSIGN_OR_RETURN(const auto test, measure(input.test));
  std::vector<HeadSweep> sweeps;
  for (size_t f = 0; f < trained.heads.size(); ++f) {
    ASSIGN_OR_RETURN(
        const auto sweep,
        Choose(*trained.heads[f], held_out.empty() ? nullptr : &held_out[f],
               test[f], spec));
    sweeps.push_back(sweep);
  }
  return sweeps;
}

absl::StatusOr<std::vector<HeadSweep>> SweepCachedFeatures(
    const std::vector<LabelledFeatures>& train,
    const std::vector<LabelledFeatures>& test, int64_t num_classes,
    const HeadsSpec& spec) {
  for (size_t f = 0; f < train.size(); ++f) {
    RETURN_IF_ERROR(CheckTrainAndTest(train[f], test[f], num_classes));
  }
  const int64_t size = train[0].features.size(0);
  RETURN_IF_ERROR(CheckBatch(spec, size));
  std::vector<LabelledFeatures> held_out;
  std::vector<int64_t> rows(size);
  std::iota(rows.begin(), rows.end(), 0);
  SweepInput input;
  if (HasChoice(spec)) {
    HeldOutRows parts = HoldOutEvery(kHeldOutStride, size);
    rows = std::move(parts.kept);
    for (const LabelledFeatures& some : train) {
      held_out.push_back(Rows(some, parts.held_out));
    }
    input.held_out = CachedBlocks(held_out);
  }
  input.test = CachedBlocks(test);
  input.train =
      CachedBatches(train, std::move(rows), spec.batch_size(), spec.seed());
  return SweepHeads(input, num_classes, spec);
}

int64_t SweepBytes(const SweepSizes& sizes, int64_t num_classes,
                   const HeadsSpec& heads,
                   const AttentionPoolingSpec& pooling) {
  constexpr int64_t kFloat = 4;
  const auto count = static_cast<int64_t>(HeadSettings(heads).size());
  const int64_t width = sizes.width, logits = count * num_classes;
  const int64_t batch = heads.batch_size();
  const bool pooled = sizes.tokens > 0;
  const int64_t hidden = !pooled                     ? 0
                         : pooling.depth() == 1      ? 1
                         : pooling.hidden_dim() == 0 ? width
                                                     : pooling.hidden_dim();
  // Values, momenta, gradients, their sum and what the update computes.
  const int64_t parameters =
      6 * kFloat * count * (num_classes * (width + 1) + hidden * (width + 2));
  // The rows of a batch in parts and joined, or picked out; normalised.
  const int64_t row = kFloat * width * std::max<int64_t>(1, sizes.tokens);
  const int64_t batches = batch * (sizes.cached ? row : 2 * row);
  const int64_t normalised = heads.batch_norm() ? kFloat * batch * width : 0;
  const int64_t step =
      pooled ? 3 * kFloat * batch * sizes.tokens * hidden
             : 3 * kFloat * std::max<int64_t>(256 * logits, 1 << 18);
  const int64_t held_out =
      HasChoice(heads) && sizes.cached ? sizes.train / kHeldOutStride : 0;
  const int64_t block =
      std::min(sizes.cached ? std::max(sizes.test, held_out) : sizes.test_batch,
               std::max<int64_t>(1, kLogitsAtATime / logits));
  // Logits, and the numbers and flags of their ranks.
  const int64_t measuring = block * (kFloat * width + 20 * logits +
                                     2 * kFloat * sizes.tokens * hidden);
  return sizes.readouts * (parameters + held_out * row) +
         std::max(sizes.readouts * batches + normalised + step, measuring);
}

}  // namespace caldera::eval
