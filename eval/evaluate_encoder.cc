#include "eval/evaluate_encoder.h"

#include <glog/logging.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/loader/bad_images.h"
#include "data/sets/subset.h"
#include "eval/features/features.h"
#include "eval/features/readout.h"
#include "eval/limit_to_rows.h"
#include "eval/linear/cached_batches.h"
#include "eval/linear/encoded_batches.h"
#include "eval/linear/feature_batch.h"
#include "eval/linear/head_sweep.h"
#include "eval/measuring_plan.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

// Trains linear heads on features that are computed while the heads learn: from
// images augmented anew in every epoch, or from all patches.
class HeadTraining {
 public:
  HeadTraining(vit::Encoder& encoder, const EvaluationSets& sets,
               const EvalSpec& spec, ExtractOptions on_train,
               ExtractOptions on_test)
      : encoder_(encoder),
        sets_(sets),
        spec_(spec),
        heads_(FillRecipe(spec.linear())),
        on_train_(std::move(on_train)),
        on_test_(std::move(on_test)) {}

  // Returns the settings of the heads, as they were trained.
  const HeadsSpec& heads() const { return heads_; }

  // Returns one sweep for each of `readouts`. test: their features if these are
  // known, else empty.
  absl::StatusOr<std::vector<HeadSweep>> Sweep(
      const std::vector<Readout>& readouts,
      const std::vector<LabelledFeatures>& test) {
    DatasetPointer train = sets_.train;
    SweepInput input;
    if (HasChoice(heads_)) {
      HeldOutRows rows = HoldOutEvery(kHeldOutStride, train->size());
      input.held_out =
          EncodedBlocks(encoder_, data::Subset(train, std::move(rows.held_out)),
                        readouts, on_train_, "held-out");
      train = data::Subset(train, std::move(rows.kept));
    }
    for (const LabelledFeatures& some : test) {
      RETURN_IF_ERROR(CheckLabelledFeatures(some, "test", sets_.num_classes));
    }
    input.test = test.empty() ? EncodedBlocks(encoder_, sets_.test, readouts,
                                              on_test_, "test")
                              : CachedBlocks(test);
    ASSIGN_OR_RETURN(input.train, TrainingBatches(train, readouts));
    return SweepHeads(input, sets_.num_classes, heads_,
                      spec_.linear().attention_pooling());
  }

 private:
  absl::StatusOr<FeatureBatches> TrainingBatches(
      const DatasetPointer& train, const std::vector<Readout>& readouts) {
    if (heads_.images() == HeadsSpec::AUGMENTED) {
      ExtractOptions drawn = on_train_;
      drawn.batch_size = heads_.batch_size();
      drawn.augment = heads_.augment();
      drawn.seed = heads_.seed();
      return EncodedBatches(encoder_, train, readouts, drawn);
    }
    ASSIGN_OR_RETURN(auto features,
                     ExtractReadouts(encoder_, train, readouts, on_train_));
    std::vector<int64_t> rows(features[0].labels.size(0));
    std::iota(rows.begin(), rows.end(), 0);
    // Images that cannot be read may leave less than a batch.
    if (heads_.batch_size() > static_cast<int64_t>(rows.size())) {
      heads_.set_batch_size(static_cast<int32_t>(rows.size()));
    }
    return CachedBatches(std::move(features), std::move(rows),
                         heads_.batch_size(), heads_.seed());
  }

  vit::Encoder& encoder_;
  const EvaluationSets& sets_;
  const EvalSpec& spec_;
  HeadsSpec heads_;
  ExtractOptions on_train_, on_test_;
};

// Returns how many images of a set could be read so far.
int64_t Readable(const DatasetPointer& set,
                 const std::shared_ptr<data::BadImages>& bad) {
  return bad == nullptr ? set->size() : data::WithoutBad(set, *bad)->size();
}

}  // namespace

json LeftOut(const EvaluationSets& sets, int64_t train_rows,
             int64_t test_rows) {
  json left_out = json::object();
  for (const auto& [key, count] :
       {std::pair<const char*, int64_t>{"skipped",
                                        sets.test->size() - test_rows},
        {"train_skipped", sets.train->size() - train_rows},
        {"unlabelled", sets.test_unlabelled},
        {"train_unlabelled", sets.train_unlabelled},
        {"unseen", sets.unseen}}) {
    if (count > 0) left_out[key] = count;
  }
  return left_out;
}

namespace {

// Measures some readouts, whose features are held together.
void EvaluateReadouts(const std::string& name, vit::Encoder& encoder,
                      const EvaluationSets& sets, const EvalSpec& spec,
                      const std::vector<Readout>& readouts, const Tasks& tasks,
                      const ExtractOptions& extract, const EmitRow& emit,
                      base::Missing& missing) {
  const bool on_heads = tasks.linear && TrainsHeads(spec.linear());
  const bool pooled = on_heads && spec.linear().has_attention_pooling();
  // The heads do not learn from the cached features.
  const bool apart =
      pooled ||
      (on_heads && FillRecipe(spec.linear()).images() == HeadsSpec::AUGMENTED);
  ExtractOptions on_train = extract, on_test = extract;
  on_train.bad_images = sets.train_bad;
  on_test.bad_images = sets.test_bad;
  std::vector<LabelledFeatures> train, test;
  const bool read = missing.Attempt(
      absl::StrCat("k-NN and linear probe of ", name), [&]() -> absl::Status {
        if (tasks.knn || (tasks.linear && !apart)) {
          ASSIGN_OR_RETURN(
              train, ExtractReadouts(encoder, sets.train, readouts, on_train));
        }
        if (tasks.knn || !pooled) {
          ASSIGN_OR_RETURN(
              test, ExtractReadouts(encoder, sets.test, readouts, on_test));
        }
        return absl::OkStatus();
      });
  if (!read) return;

  const Tasks on_features{tasks.knn, tasks.linear && !apart};
  for (size_t r = 0; r < train.size(); ++r) {
    FeatureName of_readout{
        name, SettingOf(readouts[r]),
        LeftOut(sets, train[r].labels.size(0), test[r].labels.size(0))};
    // The heads are measured on the test features later.
    const bool kept = apart && !pooled;
    EvaluateFeatures(of_readout, std::move(train[r]),
                     kept ? test[r] : std::move(test[r]), sets.num_classes,
                     spec, on_features, emit, missing);
  }
  if (!apart) return;

  const std::vector<Readout> all = pooled ? AllPatchesOf(readouts) : readouts;
  if (pooled) test.clear();
  HeadTraining training(encoder, sets, spec, on_train, on_test);
  std::vector<json> rows;
  const auto sweep =
      [&](const std::vector<Readout>& some,
          const std::vector<LabelledFeatures>& of_test) -> absl::Status {
    ASSIGN_OR_RETURN(const auto sweeps, training.Sweep(some, of_test));
    const int64_t train_size = Readable(sets.train, sets.train_bad);
    const int64_t test_size = Readable(sets.test, sets.test_bad);
    for (size_t r = 0; r < some.size(); ++r) {
      rows.push_back(HeadsRow(
          {name, SettingOf(some[r]), LeftOut(sets, train_size, test_size)},
          train_size, test_size, spec, training.heads(), sweeps[r]));
    }
    return absl::OkStatus();
  };
  // All heads learn in one pass. If that fails, each feature's own pass shows
  // which one it was, and the others have their rows.
  base::Missing together;
  const bool one_pass = all.size() > 1 && together.Attempt(name, [&] {
    return sweep(all, test);
  });
  for (size_t r = 0; r < all.size() && !one_pass; ++r) {
    missing.Attempt(RowName("linear probe", {name, SettingOf(all[r])}), [&] {
      return sweep({all[r]}, pooled ? test : std::vector{test[r]});
    });
  }
  for (const json& row : rows) {
    missing.Attempt(RowName("linear probe", {name, row["setting"]}),
                    [&] { return emit(row); });
  }
}

}  // namespace

absl::Status EvaluateEncoder(const std::string& name, vit::Encoder& encoder,
                             const EvaluationSets& sets, const EvalSpec& given,
                             const Tasks& tasks, const at::Device& device,
                             const EmitRow& emit, base::Missing& missing) {
  ASSIGN_OR_RETURN(const auto readouts, ReadoutsOf(given, encoder.spec()));
  const EvalSpec spec = LimitToRows(given, sets.train->size());
  const auto count = static_cast<int64_t>(readouts.size());
  const int64_t budget = MeasuringBudget(spec);
  const EncoderMeasuring plan =
      PlanEncoder(sets, encoder.spec(), readouts, spec, tasks, device, budget);
  if (plan.readouts == 0 && tasks.knn && tasks.linear) {
    // One of them may fit.
    for (const Tasks& alone : {Tasks{true, false}, Tasks{false, true}}) {
      RETURN_IF_ERROR(EvaluateEncoder(name, encoder, sets, given, alone, device,
                                      emit, missing));
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
    EvaluateReadouts(name, encoder, sets, spec,
                     {begin, begin + std::min(plan.readouts, count - first)},
                     tasks, extract, emit, missing);
  }
  return absl::OkStatus();
}

}  // namespace caldera::eval
