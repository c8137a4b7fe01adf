#include "ssl/train/loop/final_evaluation.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/diagnose_encoder.h"
#include "eval/evaluate_encoder.h"
#include "eval/evaluate_pixels.h"
#include "eval/limit_to_rows.h"
#include "vit/model/initialization.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

absl::Status CheckChannels(const data::DatasetInfo& info,
                           const vit::EncoderSpec& encoder) {
  if (info.channels == encoder.channels()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      info.name, ", images to measure on: they have ", info.channels,
      " channels, but encoder.channels is ", encoder.channels()));
}

}  // namespace

absl::StatusOr<FinalEvaluation> FinalEvaluation::Open(
    const Experiment& experiment, const eval::OpenedSplits& splits,
    const at::Device& device) {
  const bool classifies = experiment.has_classification();
  const eval::EvalSpec& spec = experiment.eval();
  ASSIGN_OR_RETURN(auto sets,
                   eval::MakeEvaluationSets(splits, spec.measured_on()));
  RETURN_IF_ERROR(CheckChannels(sets.test->info(), experiment.encoder()));
  FinalEvaluation evaluation(std::move(sets), device);
  std::vector<std::string>& notes = evaluation.notes_;
  notes = evaluation.sets_.notes;
  const std::string& no_labels = evaluation.sets_.no_labels;
  if (!no_labels.empty()) {
    notes.push_back(absl::StrCat(
        no_labels, "; ",
        classifies ? "the classifier is not measured"
        : evaluation.sets_.test->size() < 2
            ? "nothing is measured, as what needs no labels needs two images"
            : "no accuracy is measured, but what needs no labels"));
  } else if (!classifies) {
    eval::LimitToRows(spec, evaluation.sets_.train->size(), &notes);
  }
  return evaluation;
}

absl::Status FinalEvaluation::Encoder(const std::string& name,
                                      vit::Encoder& encoder,
                                      const eval::EvalSpec& spec,
                                      const eval::EmitRow& emit,
                                      base::Missing& missing) const {
  if (sets_.no_labels.empty()) {
    return eval::EvaluateEncoder(name, encoder, sets_, spec, {}, device_, emit,
                                 missing);
  }
  if (sets_.test->size() < 2) return absl::OkStatus();
  return eval::DiagnoseEncoder(
      name, encoder, {sets_.test, sets_.test_bad}, spec, device_, std::nullopt,
      [&](json row) {
        row["setting"]["split"] = sets_.source;
        return emit(row);
      },
      missing);
}

absl::Status FinalEvaluation::RandomEncoder(const vit::EncoderSpec& encoder,
                                            uint64_t seed,
                                            const eval::EvalSpec& spec,
                                            const eval::EmitRow& emit,
                                            base::Missing& missing) const {
  vit::Encoder random(encoder);
  vit::InitializeVit(random, seed);
  random.to(device_);
  return Encoder("random encoder", random, spec, emit, missing);
}

void FinalEvaluation::RawPixels(int64_t image_size, const eval::EvalSpec& spec,
                                const eval::EmitRow& emit,
                                base::Missing& missing) const {
  eval::EvaluatePixels(sets_, image_size, spec, {}, emit, missing);
}

absl::Status EvaluateRun(const std::string& name, const Experiment& experiment,
                         const FinalEvaluation& evaluation,
                         vit::Encoder& encoder, const eval::EmitRow& emit,
                         base::Missing& missing) {
  const eval::EvalSpec& spec = experiment.eval();
  const vit::EncoderSpec& sizes = encoder.spec();
  RETURN_IF_ERROR(evaluation.Encoder(name, encoder, spec, emit, missing));
  RETURN_IF_ERROR(
      evaluation.RandomEncoder(sizes, experiment.seed(), spec, emit, missing));
  if (evaluation.sets().no_labels.empty()) {
    evaluation.RawPixels(sizes.image_size(), spec, emit, missing);
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
