#include "ssl/train/final_evaluation.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "data/open_dataset.h"
#include "eval/evaluation_sets.h"
#include "eval/features.h"
#include "vit/initialization.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;
using Rows = absl::StatusOr<std::vector<json>>;

std::string NameOf(eval::EvalSpec::Feature feature) {
  return absl::AsciiStrToLower(eval::EvalSpec::Feature_Name(feature));
}

}  // namespace

absl::StatusOr<FinalEvaluation> FinalEvaluation::Open(
    const Experiment& experiment, const at::Device& device) {
  FinalEvaluation evaluation(device);
  auto train = data::OpenDataset(experiment.data(), data::Split::kTrain);
  if (!train.ok()) return train.status();
  const data::DatasetInfo& info = (*train)->info();
  if (info.num_classes == 0) return evaluation;
  if (experiment.eval().measured_on() == eval::EvalSpec::TEST) {
    if (std::count(info.splits.begin(), info.splits.end(),
                   data::Split::kTest) == 0) {
      return evaluation;
    }
    auto test = data::OpenDataset(experiment.data(), data::Split::kTest);
    if (!test.ok()) return test.status();
    evaluation.test_ = *std::move(test);
  }
  evaluation.train_ = *std::move(train);
  return evaluation;
}

Rows FinalEvaluation::Measure(const eval::FeatureName& name,
                              const eval::EvalSpec& spec,
                              const Extract& extract) const {
  const auto sets =
      eval::ExtractSets(spec.measured_on(), [&](data::Split split) {
        return extract(split == data::Split::kTrain ? train_ : test_);
      });
  if (!sets.ok()) return sets.status();
  return eval::EvaluateFeatures(name, sets->train, sets->test,
                                train_->info().num_classes, spec, {});
}

Rows FinalEvaluation::Encoder(const std::string& name, vit::Encoder& encoder,
                              const eval::EvalSpec& spec) const {
  const eval::FeatureOptions options{spec.feature(), spec.batch_size(),
                                     device_};
  return Measure({name, NameOf(spec.feature())}, spec,
                 [&](const DatasetPointer& set) {
                   return eval::ExtractFeatures(encoder, set, options);
                 });
}

Rows FinalEvaluation::RandomEncoder(const vit::EncoderSpec& encoder,
                                    uint64_t seed,
                                    const eval::EvalSpec& spec) const {
  vit::Encoder random(encoder);
  vit::InitializeVit(random, seed);
  random.to(device_);
  return Encoder("random encoder", random, spec);
}

Rows FinalEvaluation::RawPixels(int64_t image_size,
                                const eval::EvalSpec& spec) const {
  return Measure({"raw pixels", "pixels"}, spec,
                 [&](const DatasetPointer& set) {
                   return eval::RawPixels(set, image_size);
                 });
}

absl::Status EvaluateRun(const std::string& name, const Experiment& experiment,
                         vit::Encoder& encoder, const at::Device& device,
                         const std::function<absl::Status(const json&)>& emit) {
  const auto evaluation = FinalEvaluation::Open(experiment, device);
  if (!evaluation.ok()) return evaluation.status();
  if (!evaluation->has_data()) {
    LOG(INFO) << experiment.data().dataset()
              << " has no labels or no test split: nothing is measured";
    return absl::OkStatus();
  }
  const eval::EvalSpec& spec = experiment.eval();
  const vit::EncoderSpec& sizes = encoder.spec();
  const std::function<Rows()> measures[] = {
      [&] { return evaluation->Encoder(name, encoder, spec); },
      [&] { return evaluation->RandomEncoder(sizes, experiment.seed(), spec); },
      [&] { return evaluation->RawPixels(sizes.image_size(), spec); }};
  for (const auto& measure : measures) {
    const Rows rows = measure();
    if (!rows.ok()) return rows.status();
    for (const json& row : *rows) {
      const absl::Status status = emit(row);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
