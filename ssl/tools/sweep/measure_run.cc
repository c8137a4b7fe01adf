#include "ssl/tools/sweep/measure_run.h"

#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "eval/results.h"
#include "ssl/tools/figures/run_course.h"
#include "ssl/tools/figures/run_model.h"
#include "ssl/train/loop/classifier_evaluation.h"
#include "ssl/train/loop/final_evaluation.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

// Returns a message as results.json names it.
std::string TextOf(const google::protobuf::Message& message) {
  return std::string(
      absl::StripTrailingAsciiWhitespace(base::SpecText(message)));
}

using nlohmann::json;

std::string CostFile(const SweepRun& run) {
  return absl::StrCat(run.folder, "/training_cost.json");
}

// Adds the cost of training to each row, if it was recorded; an interrupted
// training has none.
absl::Status AddCost(const SweepRun& run, std::vector<json>* rows) {
  std::ifstream file(CostFile(run));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const json cost = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!cost.is_object()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto course,
                   ReadCourse(run.spec, run.folder + "/metrics.jsonl"));
  const auto loss = course.curves.find("loss");
  json known = cost;
  if (loss != course.curves.end() && !loss->second.step.empty() &&
      cost.value("minutes", 0.0) > 0) {
    const double images = static_cast<double>(loss->second.step.back()) *
                          run.experiment.train().batch_size();
    known["images_per_second"] = images / (60 * cost["minutes"].get<double>());
  }
  for (json& row : *rows) row.update(known);
  return absl::OkStatus();
}

// Returns the kept rows of a measurement if they are complete.
std::vector<json> KeptRows(const std::vector<json>& kept,
                           const std::string& name,
                           const std::string& settings) {
  std::vector<json> rows;
  size_t needed = 1;
  for (const json& row : kept) {
    if (row.value("features", "") != name ||
        row.value("settings", "") != settings) {
      continue;
    }
    rows.push_back(row);
    needed = row.value("rows", size_t{1});
  }
  if (rows.size() != needed) rows.clear();
  return rows;
}

std::string PixelsName(const Experiment& experiment) {
  return absl::StrCat("raw pixels (", experiment.data().dataset(), ", ",
                      experiment.encoder().image_size(), " px)");
}

std::string RandomName(const Experiment& experiment) {
  const vit::EncoderSpec& encoder = experiment.encoder();
  return absl::StrCat("random encoder (", experiment.data().dataset(), ", ",
                      encoder.image_size(), " px, patch ", encoder.patch_size(),
                      ", ", encoder.embed_dim(), " x ", encoder.depth(), ")");
}

// Returns a text of the images' settings, which with the encoder determine a
// floor's features.
std::string ImagesText(data::DataSpec data) {
  data.clear_augment();
  data.clear_view();
  data.clear_loader();
  return TextOf(data);
}

// Selects the CLS and the mean feature of the last block.
eval::EvalSpec BothFeatures(eval::EvalSpec spec) {
  spec.clear_feature();
  spec.clear_readout();
  spec.add_readout()->set_feature("CLS");
  spec.add_readout()->set_feature("MEAN");
  return spec;
}

}  // namespace

absl::Status KeepTrainingCost(const SweepRun& run, const TrainingCost& cost) {
  const json kept = {
      {"minutes", cost.minutes},
      {"peak_gib", static_cast<double>(cost.peak_bytes) / (1 << 30)}};
  return base::ReplaceFile(CostFile(run), {base::JsonText(kept), "\n"});
}

absl::Status SweepMeasures::AddRows(const SweepRun& run,
                                    const std::string& given,
                                    const std::string& settings,
                                    const Measure& measure,
                                    std::vector<json>* rows) const {
  const std::string name = base::PrintableText(given);  // as it is kept
  const std::string path = absl::StrCat(run.folder, "/results.json");
  ASSIGN_OR_RETURN(const auto kept, eval::ReadResults(path));
  std::vector<json> found = KeptRows(kept, name, settings);
  if (found.empty()) {
    std::vector<json> measured;
    RETURN_IF_ERROR(measure([&](const json& row) {
      measured.push_back(row);
      return absl::OkStatus();
    }));
    for (json row : measured) {
      row["features"] = name;
      row["settings"] = settings;
      row["rows"] = measured.size();
      RETURN_IF_ERROR(eval::AppendResult(path, row));
      found.push_back(row);
    }
  }
  for (json& row : found) {
    row["seed"] = run.seed;
    rows->push_back(row);
  }
  return absl::OkStatus();
}

absl::Status SweepMeasures::AddFloor(const SweepRun& run,
                                     const std::string& short_name,
                                     const std::string& what,
                                     const std::string& draw,
                                     const std::string& settings,
                                     const Measure& measure) {
  const std::string& name = floor_names_.Of(short_name, what, run.spec);
  const std::string floor = absl::StrCat(name, "\n", draw);
  if (floors_.count(floor) > 0) return absl::OkStatus();
  RETURN_IF_ERROR(AddRows(run, name, settings, measure, &floor_rows_));
  floors_.insert(floor);
  return absl::OkStatus();
}

absl::Status SweepMeasures::Add(const SweepRun& run) {
  const Experiment& experiment = run.experiment;
  ASSIGN_OR_RETURN(const auto evaluation,
                   FinalEvaluation::Open(experiment, device_));
  if (!evaluation.has_data()) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.dataset: ", experiment.data().dataset(),
                     " has no labels or no test split to measure on"));
  }
  ASSIGN_OR_RETURN(const auto loaded, vit::LoadEncoder(absl::StrCat(
                                          run.folder, "/encoder.safetensors")));
  loaded.encoder->to(device_);
  const std::string images = ImagesText(experiment.data());
  const std::string encoder = TextOf(experiment.encoder());

  std::vector<json> rows;
  eval::EvalSpec spec = BothFeatures(experiment.eval());
  std::string settings = TextOf(spec);
  RETURN_IF_ERROR(AddRows(
      run, run.spec, settings,
      [&](const eval::EmitRow& emit) {
        return evaluation.Encoder(run.spec, *loaded.encoder, spec, emit);
      },
      &rows));
  if (experiment.has_classification()) {
    RETURN_IF_ERROR(AddRows(
        run, run.spec, "classifier",
        [&](const eval::EmitRow& emit) -> absl::Status {
          ASSIGN_OR_RETURN(const auto model, LoadRunModel(run.folder, device_));
          ASSIGN_OR_RETURN(
              const auto row,
              EvaluateClassifierOfRun(run.spec, experiment,
                                      *model.method->classifier(), device_));
          return row.has_value() ? emit(*row) : absl::OkStatus();
        },
        &rows));
  }
  RETURN_IF_ERROR(AddFloor(
      run, RandomName(experiment), absl::StrCat(images, encoder, settings),
      absl::StrCat(run.seed), settings, [&](const eval::EmitRow& emit) {
        return evaluation.RandomEncoder(experiment.encoder(), run.seed, spec,
                                        emit);
      }));
  spec.clear_readout();
  settings = TextOf(spec);
  const int64_t image_size = experiment.encoder().image_size();
  RETURN_IF_ERROR(AddFloor(
      run, PixelsName(experiment), absl::StrCat(images, image_size, settings),
      /*draw=*/"", settings, [&](const eval::EmitRow& emit) {
        return evaluation.RawPixels(image_size, spec, emit);
      }));
  RETURN_IF_ERROR(AddCost(run, &rows));
  run_rows_.insert(run_rows_.end(), rows.begin(), rows.end());
  return absl::OkStatus();
}

std::vector<json> SweepMeasures::Rows() const {
  std::vector<json> rows = run_rows_;
  rows.insert(rows.end(), floor_rows_.begin(), floor_rows_.end());
  return rows;
}

}  // namespace caldera::ssl
