#include "ssl/train/final_evaluation.h"

#include <glog/logging.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "data/open_dataset.h"
#include "eval/evaluate.h"
#include "eval/features.h"
#include "vit/initialization.h"

namespace caldera::ssl {
namespace {

using Sets = std::pair<std::shared_ptr<const data::Dataset>,
                       std::shared_ptr<const data::Dataset>>;
using Extract = std::function<absl::StatusOr<eval::LabelledFeatures>(
    const std::shared_ptr<const data::Dataset>&)>;

// Null where the set has no labels, or nothing to test on.
absl::StatusOr<Sets> OpenSets(const data::DataSpec& spec) {
  auto train = data::OpenDataset(spec, data::Split::kTrain);
  if (!train.ok()) return train.status();
  const data::DatasetInfo& info = (*train)->info();
  if (info.num_classes == 0 ||
      std::count(info.splits.begin(), info.splits.end(), data::Split::kTest) ==
          0) {
    return Sets();
  }
  auto test = data::OpenDataset(spec, data::Split::kTest);
  if (!test.ok()) return test.status();
  return Sets{*std::move(train), *std::move(test)};
}

absl::Status EvaluateOne(
    const eval::FeatureName& name, const Sets& sets, const Extract& extract,
    const eval::EvalSpec& spec,
    const std::function<absl::Status(const nlohmann::json&)>& emit) {
  const auto train = extract(sets.first);
  if (!train.ok()) return train.status();
  const auto test = extract(sets.second);
  if (!test.ok()) return test.status();
  const auto rows = eval::EvaluateFeatures(
      name, *train, *test, sets.first->info().num_classes, spec, {});
  if (!rows.ok()) return rows.status();
  for (const nlohmann::json& row : *rows) {
    const absl::Status status = emit(row);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status EvaluateRun(
    const std::string& name, const Experiment& experiment,
    vit::Encoder& encoder, const at::Device& device,
    const std::function<absl::Status(const nlohmann::json&)>& emit) {
  const auto sets = OpenSets(experiment.data());
  if (!sets.ok()) return sets.status();
  if (sets->first == nullptr) {
    LOG(INFO) << experiment.data().dataset()
              << " has no labels or no test split: nothing is measured";
    return absl::OkStatus();
  }
  const eval::EvalSpec& spec = experiment.eval();
  const eval::FeatureOptions options{spec.feature(), spec.batch_size(), device};
  const std::string feature =
      absl::AsciiStrToLower(eval::EvalSpec::Feature_Name(spec.feature()));

  absl::Status status = EvaluateOne(
      {name, feature}, *sets,
      [&](const auto& set) {
        return eval::ExtractFeatures(encoder, set, options);
      },
      spec, emit);
  if (!status.ok()) return status;

  vit::Encoder random(encoder.spec());
  vit::InitializeVit(random, experiment.seed());
  random.to(device);
  status = EvaluateOne(
      {"random encoder", feature}, *sets,
      [&](const auto& set) {
        return eval::ExtractFeatures(random, set, options);
      },
      spec, emit);
  if (!status.ok()) return status;

  return EvaluateOne(
      {"raw pixels", "pixels"}, *sets,
      [&](const auto& set) {
        return eval::RawPixels(set, encoder.spec().image_size());
      },
      spec, emit);
}

}  // namespace caldera::ssl
