#include "eval/evaluate_encoder.h"

#include <utility>
#include <vector>

#include "data/subset.h"
#include "eval/features.h"
#include "eval/linear/encoded_batches.h"
#include "eval/linear/head_recipe.h"
#include "eval/linear/head_sweep.h"
#include "eval/readout.h"

namespace caldera::eval {
namespace {

using Extracted = absl::StatusOr<std::vector<LabelledFeatures>>;

// Heads that learn from images augmented anew in every epoch.
absl::StatusOr<std::vector<HeadSweep>> SweepAugmented(
    vit::Encoder& encoder, const EvaluationSets& sets,
    const std::vector<Readout>& readouts, const ExtractOptions& extract,
    const std::vector<LabelledFeatures>& test, const HeadsSpec& heads) {
  DatasetPointer train = sets.train;
  std::vector<LabelledFeatures> held_out;
  if (HasChoice(heads)) {
    HeldOutRows rows = HoldOutEvery(kHeldOutStride, train->size());
    Extracted features =
        ExtractReadouts(encoder, data::Subset(train, std::move(rows.held_out)),
                        readouts, extract);
    if (!features.ok()) return features.status();
    held_out = *std::move(features);
    train = data::Subset(train, std::move(rows.kept));
  }
  ExtractOptions drawn = extract;
  drawn.batch_size = heads.batch_size();
  drawn.augment = heads.augment();
  drawn.seed = heads.seed();
  const auto batches = EncodedBatches(encoder, train, readouts, drawn);
  if (!batches.ok()) return batches.status();
  return SweepHeads(*batches, held_out, test, sets.num_classes, heads);
}

}  // namespace

absl::Status EvaluateEncoder(const std::string& name, vit::Encoder& encoder,
                             const EvaluationSets& sets, const EvalSpec& spec,
                             const Tasks& tasks, const at::Device& device,
                             const EmitRow& emit) {
  const auto readouts = ReadoutsOf(spec, encoder.spec());
  if (!readouts.ok()) return readouts.status();
  HeadsSpec heads;
  const bool on_heads =
      tasks.linear && spec.linear().recipe() != LinearProbeSpec::LBFGS;
  if (on_heads) heads = FillRecipe(spec.linear());
  const bool augmented = on_heads && heads.images() == HeadsSpec::AUGMENTED;
  if (on_heads) {  // before hours of features
    const auto status = CheckBatch(heads, sets.train->size());
    if (!status.ok()) return status;
  }

  ExtractOptions extract;
  extract.batch_size = spec.batch_size();
  extract.device = device;
  extract.workers = spec.workers();
  Extracted train = std::vector<LabelledFeatures>();
  if (tasks.knn || !augmented) {
    train = ExtractReadouts(encoder, sets.train, *readouts, extract);
    if (!train.ok()) return train.status();
  }
  const Extracted test =
      ExtractReadouts(encoder, sets.test, *readouts, extract);
  if (!test.ok()) return test.status();

  const Tasks on_features{tasks.knn, tasks.linear && !augmented};
  for (size_t r = 0; r < readouts->size() && !train->empty(); ++r) {
    const absl::Status status =
        EvaluateFeatures({name, SettingOf((*readouts)[r])}, (*train)[r],
                         (*test)[r], sets.num_classes, spec, on_features, emit);
    if (!status.ok()) return status;
  }
  if (!augmented) return absl::OkStatus();
  const auto sweeps =
      SweepAugmented(encoder, sets, *readouts, extract, *test, heads);
  if (!sweeps.ok()) return sweeps.status();
  for (size_t r = 0; r < readouts->size(); ++r) {
    const absl::Status status =
        emit(HeadsRow({name, SettingOf((*readouts)[r])}, sets.train->size(),
                      sets.test->size(), spec, heads, (*sweeps)[r]));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace caldera::eval
