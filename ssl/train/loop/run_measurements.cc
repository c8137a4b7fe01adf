#include "ssl/train/loop/run_measurements.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "data/loader/bad_images.h"
#include "eval/results.h"
#include "eval/spec/eval.pb.h"
#include "ssl/train/label_free/held_out_measures.h"

namespace caldera::ssl {
namespace {

constexpr char kSkip[] =
    "; with data.loader.on_bad_image: SKIP images that cannot be read are left "
    "out";

}  // namespace

absl::StatusOr<RunMeasurements> RunMeasurements::Open(
    const Experiment& experiment,
    const std::shared_ptr<const data::Dataset>& trained, bool evaluate,
    const at::Device& device) {
  RunMeasurements measurements(eval::OpenSplits(experiment.data(), trained));
  if (evaluate) {
    Experiment measured = experiment;
    if (measured.has_classification()) {  // its results are those of TEST
      measured.mutable_eval()->set_measured_on(eval::EvalSpec::TEST);
    }
    auto evaluation =
        FinalEvaluation::Open(measured, measurements.splits_, device);
    if (!evaluation.ok()) {
      return absl::Status(evaluation.status().code(),
                          absl::StrCat(evaluation.status().message(),
                                       "; mend it, or train with "
                                       "--noevaluate"));
    }
    measurements.notes_ = evaluation->notes();
    measurements.evaluation_ = *std::move(evaluation);
  }
  measurements.OpenLabelFree(experiment, device);
  measurements.OpenPictures(experiment, trained, device);
  return measurements;
}

void RunMeasurements::OpenLabelFree(const Experiment& experiment,
                                    const at::Device& device) {
  if (!experiment.train().has_label_free()) return;
  auto held_out = HeldOutMeasures::Open(experiment, splits_, device);
  if (!held_out.ok()) {
    notes_.push_back(absl::StrCat("nothing is measured without labels: ",
                                  std::string(held_out.status().message())));
    return;
  }
  if (held_out->split() == "train") {
    notes_.push_back(
        "train.label_free measures training images, as there are no others: "
        "what is memorised counts as learned (data.held_out_share)");
  }
  label_free_ =
      std::make_shared<LabelFreeRun>(experiment, *std::move(held_out), device);
}

void RunMeasurements::OpenPictures(const Experiment& experiment,
                                   const eval::DatasetPointer& trained,
                                   const at::Device& device) {
  if (!experiment.has_mae()) return;  // nothing is reconstructed
  const auto open = [&](const eval::DatasetPointer& images,
                        const std::shared_ptr<data::BadImages>& bad) {
    auto pictures =
        ReconstructionPictures::Open(experiment, images, bad, device);
    if (pictures.ok()) pictures_ = *std::move(pictures);
    return pictures.status();
  };
  const auto note = [&](const char* what, const absl::Status& why) {
    const bool image = absl::IsDataLoss(why);
    notes_.push_back(
        absl::StrCat(what, std::string(why.message()), image ? kSkip : ""));
  };
  // A run that chooses settings shows no test images either.
  const bool validation =
      experiment.eval().measured_on() == eval::EvalSpec::VALIDATION;
  const eval::DatasetPointer& shown =
      validation ? splits_.validation : splits_.test;
  absl::Status why =
      validation ? splits_.why_no_validation : splits_.why_no_test;
  if (shown != nullptr && shown->size() > 0) {
    why = open(shown, validation ? splits_.validation_bad : splits_.test_bad);
    if (why.ok()) return;
  }
  if (!why.ok() && !absl::IsNotFound(why)) {
    note("pictures show training images: ", why);
  }
  why = open(trained, trained == splits_.train
                          ? splits_.train_bad
                          : data::BadImagesUnder(
                                experiment.data().loader().on_bad_image()));
  if (!why.ok()) note("no reconstructions are drawn: ", why);
}

absl::Status CheckOutputs(const RunFolder& folder, bool evaluate) {
  for (const char* file :
       {"encoder.safetensors", "report.html", "images/loss.svg"}) {
    RETURN_IF_ERROR(base::CheckReplaceable(folder.Path(file)));
  }
  if (!evaluate) return absl::OkStatus();
  const std::string results = folder.Path("results.json");
  RETURN_IF_ERROR(eval::ReadResults(results).status());
  return base::CheckReplaceable(results);
}

}  // namespace caldera::ssl
