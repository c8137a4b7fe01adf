#include "ssl/finish_run.h"

#include <ATen/core/Tensor.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/status.h"
#include "base/draw/png.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "data/data.pb.h"
#include "eval/results.h"
#include "ssl/tools/report/write_report.h"
#include "ssl/train/label_free/label_free_run.h"
#include "ssl/train/loop/classifier_evaluation.h"
#include "ssl/train/loop/final_evaluation.h"
#include "ssl/train/loop/run_pictures.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

// Returns the part of `spec` that names the images the encoder was trained on,
// their normalisation, and whether bad ones are skipped.
data::DataSpec DataSeen(data::DataSpec spec) {
  const auto on_bad_image = spec.loader().on_bad_image();
  spec.clear_augment();
  spec.clear_loader();
  if (on_bad_image != data::LoaderSpec::FAIL) {
    spec.mutable_loader()->set_on_bad_image(on_bad_image);
  }
  return spec;
}

// Measures the trained model, writes results.json and prints a table.
void Measure(const std::string& spec, const Experiment& experiment,
             const RunFolder& folder, const FinalEvaluation& evaluation,
             Trainer& trainer, base::Missing& missing) {
  const std::string results = folder.Path("results.json");
  std::vector<nlohmann::json> rows;
  const auto emit = [&](const nlohmann::json& row) {
    rows.push_back(row);
    return eval::AppendResult(results, row);
  };
  vit::Classifier* classifier = trainer.method().classifier();
  const bool labels = evaluation.sets().no_labels.empty();
  missing.Attempt("results.json", [&]() -> absl::Status {
    if (classifier == nullptr) {
      std::fprintf(stderr, "measuring the encoder %s\n",
                   labels ? "by k-NN and a linear probe" : "without labels");
      return EvaluateRun(spec, experiment, evaluation,
                         trainer.method().encoder(), emit, missing);
    }
    if (!labels) return absl::OkStatus();
    std::fprintf(stderr, "measuring the accuracy on test images\n");
    ASSIGN_OR_RETURN(const auto row, EvaluateClassifierOfRun(
                                         spec, experiment, evaluation.sets(),
                                         *classifier, evaluation.device()));
    return emit(row);
  });
  if (rows.empty()) return;
  std::printf("\n%s\n", eval::ResultTables(rows).c_str());
}

// Measures held-out images without labels, draws neighbours among them, and
// prints the verdict.
void MeasureWithoutLabels(const std::string& spec, const RunFolder& folder,
                          const LabelFreeRun& label_free, Trainer& trainer,
                          base::Missing& missing) {
  const std::string results = folder.Path("results.json");
  std::vector<nlohmann::json> rows;
  std::string verdict;
  missing.Attempt("the verdict without labels", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(verdict, label_free.Finish(spec, trainer.method(),
                                                [&](const nlohmann::json& row) {
                                                  rows.push_back(row);
                                                  return eval::AppendResult(
                                                      results, row);
                                                }));
    return absl::OkStatus();
  });
  missing.Attempt("images/neighbours.png", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const at::Tensor picture,
                     label_free.held_out().DrawNeighbours(trainer.method()));
    return base::WritePng(folder.Path("images/neighbours.png"), picture);
  });
  if (rows.empty()) return;
  std::printf("%s\n", eval::ResultTables(rows).c_str());
  if (!verdict.empty()) std::printf("verdict: %s\n", verdict.c_str());
}

}  // namespace

void FinishRun(const std::string& spec, const Experiment& experiment,
               const RunFolder& folder, const RunMeasurements& measurements,
               Trainer& trainer, base::Missing& missing) {
  missing.Attempt("encoder.safetensors", [&] {
    return vit::SaveEncoder(
        folder.Path("encoder.safetensors"), trainer.method().encoder(),
        {{"caldera.spec", base::ValidUtf8(spec)},
         {"caldera.data", DataSeen(experiment.data()).ShortDebugString()},
         {"caldera.eval", experiment.eval().ShortDebugString()}});
  });
  DrawRun(experiment, folder, trainer, measurements.pictures(), missing);
  if (measurements.evaluation().has_value()) {
    Measure(spec, experiment, folder, *measurements.evaluation(), trainer,
            missing);
    if (measurements.label_free() != nullptr) {
      MeasureWithoutLabels(spec, folder, *measurements.label_free(), trainer,
                           missing);
    }
  }
  missing.Attempt("report.html", [&] {
    return WriteReport({folder.path()}, /*figures=*/"",
                       folder.Path("report.html"));
  });
  if (measurements.evaluation().has_value()) {
    std::printf("run folder: %s\n", base::PrintableText(folder.path()).c_str());
  }
}

}  // namespace caldera::ssl
