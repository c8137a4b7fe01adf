#include "eval/evaluate_encoder.h"

#include <glog/logging.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/sets/subset.h"
#include "eval/features/features.h"
#include "eval/features/readout.h"
#include "eval/linear/cached_batches.h"
#include "eval/linear/encoded_batches.h"
#include "eval/linear/feature_batch.h"
#include "eval/linear/head_sweep.h"
#include "eval/measuring_plan.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

using Extracted = absl::StatusOr<std::vector<LabelledFeatures>>;

// Trains linear heads on features that are computed while the heads learn: from
// images augmented anew in every epoch, or from all patches.
class HeadTraining {
 public:
  HeadTraining(vit::Encoder& encoder, const EvaluationSets& sets,
               const EvalSpec& spec, const HeadsSpec& heads,
               ExtractOptions extract)
      : encoder_(encoder),
        sets_(sets),
        spec_(spec),
        heads_(heads),
        extract_(std::move(extract)) {}

  // Returns one sweep for each of `readouts`. test: their features if these are
  // known, else null.
  absl::StatusOr<std::vector<HeadSweep>> Sweep(
      const std::vector<Readout>& readouts,
      const std::vector<LabelledFeatures>* test) {
    DatasetPointer train = sets_.train;
    SweepInput input;
    if (HasChoice(heads_)) {
      HeldOutRows rows = HoldOutEvery(kHeldOutStride, train->size());
      input.held_out =
          EncodedBlocks(encoder_, data::Subset(train, std::move(rows.held_out)),
                        readouts, extract_, "held-out");
      train = data::Subset(train, std::move(rows.kept));
    }
    if (test != nullptr) {
      for (const LabelledFeatures& some : *test) {
        RETURN_IF_ERROR(CheckLabelledFeatures(some, "test", sets_.num_classes));
      }
      input.test = CachedBlocks(*test);
    } else {
      input.test =
          EncodedBlocks(encoder_, sets_.test, readouts, extract_, "test");
    }
    ASSIGN_OR_RETURN(input.train, TrainingBatches(train, readouts));
    return SweepHeads(input, sets_.num_classes, heads_,
                      spec_.linear().attention_pooling());
  }

 private:
  absl::StatusOr<FeatureBatches> TrainingBatches(
      const DatasetPointer& train, const std::vector<Readout>& readouts) {
    if (heads_.images() == HeadsSpec::AUGMENTED) {
      ExtractOptions drawn = extract_;
      drawn.batch_size = heads_.batch_size();
      drawn.augment = heads_.augment();
      drawn.seed = heads_.seed();
      return EncodedBatches(encoder_, train, readouts, drawn);
    }
    ASSIGN_OR_RETURN(auto features,
                     ExtractReadouts(encoder_, train, readouts, extract_));
    std::vector<int64_t> rows(train->size());
    std::iota(rows.begin(), rows.end(), 0);
    return CachedBatches(std::move(features), std::move(rows),
                         heads_.batch_size(), heads_.seed());
  }

  vit::Encoder& encoder_;
  const EvaluationSets& sets_;
  const EvalSpec& spec_;
  const HeadsSpec& heads_;
  ExtractOptions extract_;
};

// Measures some readouts, whose features are held together.
absl::Status EvaluateReadouts(const std::string& name, vit::Encoder& encoder,
                              const EvaluationSets& sets, const EvalSpec& spec,
                              const std::vector<Readout>& readouts,
                              const Tasks& tasks, const ExtractOptions& extract,
                              const EmitRow& emit) {
  HeadsSpec heads;
  const bool on_heads = tasks.linear && TrainsHeads(spec.linear());
  if (on_heads) heads = FillRecipe(spec.linear());
  const bool pooled = on_heads && spec.linear().has_attention_pooling();
  // The heads do not learn from the cached features.
  const bool apart =
      pooled || (on_heads && heads.images() == HeadsSpec::AUGMENTED);

  std::vector<LabelledFeatures> train;
  if (tasks.knn || (tasks.linear && !apart)) {
    ASSIGN_OR_RETURN(train,
                     ExtractReadouts(encoder, sets.train, readouts, extract));
  }
  std::vector<LabelledFeatures> test;
  if (tasks.knn || !pooled) {
    ASSIGN_OR_RETURN(test,
                     ExtractReadouts(encoder, sets.test, readouts, extract));
  }

  const Tasks on_features{tasks.knn, tasks.linear && !apart};
  for (size_t r = 0; r < train.size(); ++r) {
    // The heads are measured on the test features later.
    const bool kept = apart && !pooled;
    RETURN_IF_ERROR(
        EvaluateFeatures({name, SettingOf(readouts[r])}, std::move(train[r]),
                         kept ? test[r] : std::move(test[r]), sets.num_classes,
                         spec, on_features, emit));
  }
  if (!apart) return absl::OkStatus();
  const std::vector<Readout> read = pooled ? AllPatchesOf(readouts) : readouts;
  ASSIGN_OR_RETURN(const auto sweeps,
                   HeadTraining(encoder, sets, spec, heads, extract)
                       .Sweep(read, pooled ? nullptr : &test));
  for (size_t r = 0; r < read.size(); ++r) {
    RETURN_IF_ERROR(
        emit(HeadsRow({name, SettingOf(read[r])}, sets.train->size(),
                      sets.test->size(), spec, heads, sweeps[r])));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EvaluateEncoder(const std::string& name, vit::Encoder& encoder,
                             const EvaluationSets& sets, const EvalSpec& spec,
                             const Tasks& tasks, const at::Device& device,
                             const EmitRow& emit) {
  ASSIGN_OR_RETURN(const auto readouts, ReadoutsOf(spec, encoder.spec()));
  if (tasks.linear && TrainsHeads(spec.linear())) {  // before hours of features
    RETURN_IF_ERROR(CheckBatch(FillRecipe(spec.linear()), sets.train->size()));
  }
  const auto count = static_cast<int64_t>(readouts.size());
  const int64_t budget = MeasuringBudget(spec);
  const EncoderMeasuring plan =
      PlanEncoder(sets, encoder.spec(), count, spec, tasks, device, budget);
  if (plan.readouts == 0 && tasks.knn && tasks.linear) {
    // One of them may fit.
    for (const Tasks& alone : {Tasks{true, false}, Tasks{false, true}}) {
      RETURN_IF_ERROR(
          EvaluateEncoder(name, encoder, sets, spec, alone, device, emit));
    }
    return absl::OkStatus();
  }
  if (plan.readouts == 0) {
    LOG(WARNING) << name << ": " << (tasks.knn ? "k-NN" : "the linear probe")
                 << " is left out: it " << TooLarge(plan.bytes, budget, spec);
    return absl::OkStatus();
  }
  ExtractOptions extract;
  extract.batch_size = plan.batch_size;
  extract.at_once = plan.at_once;
  extract.device = device;
  extract.workers = spec.workers();
  for (int64_t first = 0; first < count; first += plan.readouts) {
    const auto begin = readouts.begin() + first;
    RETURN_IF_ERROR(EvaluateReadouts(
        name, encoder, sets, spec,
        {begin, begin + std::min(plan.readouts, count - first)}, tasks, extract,
        emit));
  }
  return absl::OkStatus();
}

}  // namespace caldera::eval
