#include "ssl/train/loop/final_evaluation.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "data/sets/open_dataset.h"
#include "eval/evaluate_encoder.h"
#include "eval/evaluate_pixels.h"
#include "vit/model/initialization.h"

namespace caldera::ssl {

absl::StatusOr<FinalEvaluation> FinalEvaluation::Open(
    const Experiment& experiment, const at::Device& device) {
  FinalEvaluation evaluation(device);
  ASSIGN_OR_RETURN(const auto train,
                   data::OpenDataset(experiment.data(), data::Split::kTrain));
  const data::DatasetInfo& info = train->info();
  if (info.num_classes == 0) return evaluation;
  const auto measured_on = experiment.eval().measured_on();
  eval::DatasetPointer test;
  if (measured_on == eval::EvalSpec::TEST) {
    if (std::count(info.splits.begin(), info.splits.end(),
                   data::Split::kTest) == 0) {
      return evaluation;
    }
    ASSIGN_OR_RETURN(test,
                     data::OpenDataset(experiment.data(), data::Split::kTest));
  }
  ASSIGN_OR_RETURN(evaluation.sets_,
                   eval::MakeEvaluationSets(measured_on, train, test));
  return evaluation;
}

absl::Status FinalEvaluation::Encoder(const std::string& name,
                                      vit::Encoder& encoder,
                                      const eval::EvalSpec& spec,
                                      const eval::EmitRow& emit) const {
  return eval::EvaluateEncoder(name, encoder, sets_, spec, {}, device_, emit);
}

absl::Status FinalEvaluation::RandomEncoder(const vit::EncoderSpec& encoder,
                                            uint64_t seed,
                                            const eval::EvalSpec& spec,
                                            const eval::EmitRow& emit) const {
  vit::Encoder random(encoder);
  vit::InitializeVit(random, seed);
  random.to(device_);
  return Encoder("random encoder", random, spec, emit);
}

absl::Status FinalEvaluation::RawPixels(int64_t image_size,
                                        const eval::EvalSpec& spec,
                                        const eval::EmitRow& emit) const {
  return eval::EvaluatePixels(sets_, image_size, spec, {}, emit);
}

absl::Status EvaluateRun(const std::string& name, const Experiment& experiment,
                         vit::Encoder& encoder, const at::Device& device,
                         const eval::EmitRow& emit) {
  ASSIGN_OR_RETURN(const FinalEvaluation evaluation,
                   FinalEvaluation::Open(experiment, device));
  if (!evaluation.has_data()) {
    LOG(INFO) << experiment.data().dataset()
              << " has no labels or no test split: nothing is measured";
    return absl::OkStatus();
  }
  const eval::EvalSpec& spec = experiment.eval();
  const vit::EncoderSpec& sizes = encoder.spec();
  RETURN_IF_ERROR(evaluation.Encoder(name, encoder, spec, emit));
  RETURN_IF_ERROR(
      evaluation.RandomEncoder(sizes, experiment.seed(), spec, emit));
  return evaluation.RawPixels(sizes.image_size(), spec, emit);
}

}  // namespace caldera::ssl
