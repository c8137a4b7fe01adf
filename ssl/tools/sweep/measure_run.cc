#include "ssl/tools/sweep/measure_run.h"

#include <glog/logging.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "eval/features/evaluation_sets.h"
#include "eval/results.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tools/figures/run_course.h"
#include "ssl/tools/figures/run_model.h"
#include "ssl/tools/sweep/training_cost.h"
#include "ssl/train/loop/classifier_evaluation.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

// Returns a message as results.json names it.
std::string TextOf(const google::protobuf::Message& message) {
  return std::string(
      absl::StripTrailingAsciiWhitespace(base::SpecText(message)));
}

using nlohmann::json;

// Adds the cost of training to each row, if it was recorded; an interrupted
// training has none.
absl::Status AddCost(const SweepRun& run, std::vector<json>* rows) {
  std::ifstream file(TrainingCostFile(run));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const json cost = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!cost.is_object()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto course,
                   ReadCourse(run.spec, run.folder + "/metrics.jsonl"));
  const auto loss = course.curves.find("loss");
  json known = cost;
  if (loss != course.curves.end() && !loss->second.step.empty() &&
      cost.value("minutes", json()).is_number() && cost["minutes"] > 0) {
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
    // Anybody may have written other rows: their members have any types.
    if (row.value("features", json()) != name ||
        row.value("settings", json()) != settings) {
      continue;
    }
    rows.push_back(row);
    const json count = row.value("rows", json(1u));
    needed = count.is_number_unsigned() ? count.get<size_t>() : 0;
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
  const auto on_bad_image = data.loader().on_bad_image();
  data.clear_loader();
  if (on_bad_image != data::LoaderSpec::FAIL) {
    data.mutable_loader()->set_on_bad_image(on_bad_image);
  }
  return TextOf(data);
}

// Selects the readouts that the spec names, else the CLS and the mean feature
// of the last block.
eval::EvalSpec FeaturesOf(eval::EvalSpec spec) {
  spec.clear_feature();
  if (spec.readout_size() > 0) return spec;
  spec.add_readout()->set_feature("CLS");
  spec.add_readout()->set_feature("MEAN");
  return spec;
}

}  // namespace

std::string MeasurementSettings(const SweepRun& run) {
  return TextOf(FeaturesOf(run.experiment.eval()));
}

absl::Status SweepMeasures::AddRows(const SweepRun& run,
                                    const std::string& given,
                                    const std::string& settings,
                                    const Measure& measure,
                                    std::vector<json>* rows,
                                    base::Missing& missing) const {
  const std::string name = base::PrintableText(given);  // as it is kept
  const std::string path = absl::StrCat(run.folder, "/results.json");
  ASSIGN_OR_RETURN(const auto kept, eval::ReadResults(path));
  std::vector<json> found = KeptRows(kept, name, settings);
  if (found.empty()) {
    // A recorded run has no folder before a floor is measured there.
    std::error_code error;
    std::filesystem::create_directories(run.folder, error);
    std::vector<json> measured;
    base::Missing failed;
    RETURN_IF_ERROR(measure(
        [&](const json& row) {
          measured.push_back(row);
          return absl::OkStatus();
        },
        failed));
    for (const std::string& line : failed.Lines()) {
      missing.Add(absl::StrCat(run.folder, ": ", name),
                  absl::InternalError(line));
    }
    for (json row : measured) {
      row["features"] = name;
      row["settings"] = settings;
      // With rows that failed they are not complete, and measured again.
      row["rows"] = measured.size() + failed.Lines().size();
      missing.Attempt(path, [&] { return eval::AppendResult(path, row); });
      found.push_back(row);
    }
  }
  for (json& row : found) {
    row["seed"] = run.seed;
    rows->push_back(row);
  }
  return absl::OkStatus();
}

absl::Status SweepMeasures::AddFloor(
    const SweepRun& run, const std::string& short_name, const std::string& what,
    const std::string& draw, const std::string& settings,
    const Measure& measure, std::vector<LedgerFloor>* measured,
    base::Missing& missing) {
  const std::string& name = floor_names_.Of(short_name, what, run.spec);
  const std::string floor = absl::StrCat(name, "\n", draw);
  if (floors_.count(floor) > 0) return absl::OkStatus();
  std::vector<json> rows;
  if (const LedgerFloor* known = ledger_.FindFloor(what, draw)) {
    rows = known->rows;
    // Its name may have been another one among other specs.
    for (json& row : rows) row["features"] = base::PrintableText(name);
  } else {
    RETURN_IF_ERROR(AddRows(run, name, settings, measure, &rows, missing));
    measured->push_back({what, draw, rows});
  }
  floor_rows_.insert(floor_rows_.end(), rows.begin(), rows.end());
  floors_.insert(floor);
  return absl::OkStatus();
}

absl::StatusOr<const SweepMeasures::OpenedRun*> SweepMeasures::Opened(
    const SweepRun& run) {
  const Experiment& experiment = run.experiment;
  const std::string images =
      absl::StrCat(ImagesText(experiment.data()), TextOf(experiment.eval()),
                   experiment.encoder().channels());
  if (!opened_.has_value() || opened_->images != images) {
    opened_.reset();  // two sets need not be in memory
    eval::OpenedSplits splits = eval::OpenSplits(experiment.data());
    ASSIGN_OR_RETURN(auto evaluation,
                     FinalEvaluation::Open(experiment, splits, device_));
    opened_.emplace(
        OpenedRun{images, std::move(splits), std::move(evaluation)});
  }
  const std::string& no_labels = opened_->evaluation.sets().no_labels;
  if (no_labels.empty()) return &*opened_;
  return absl::InvalidArgumentError(absl::StrCat(
      "data.dataset: ", no_labels, "; a sweep compares accuracies"));
}

absl::StatusOr<std::vector<std::string>> SweepMeasures::Check(
    const SweepRun& run) {
  ASSIGN_OR_RETURN(const OpenedRun* opened, Opened(run));
  return opened->evaluation.notes();
}

void SweepMeasures::Add(const SweepRun& run, base::Missing& missing) {
  const std::string settings = MeasurementSettings(run);
  LedgerLine line = {run.setting, run.seed, Resolved(run.experiment),
                     settings,    {},       {}};
  const int64_t missing_before = missing.count();
  missing.Attempt(absl::StrCat("rows of ", run.folder), [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const OpenedRun* opened, Opened(run));
    if (run.recorded) {
      const LedgerLine* known = ledger_.Find(run, settings);
      CHECK(known != nullptr) << run.setting;
      line.rows = known->rows;
    } else {
      RETURN_IF_ERROR(AddOwn(run, *opened, &line.rows, missing));
    }
    RETURN_IF_ERROR(AddFloors(run, *opened, &line.floors, missing));
    return run.recorded ? absl::OkStatus() : AddCost(run, &line.rows);
  });
  run_rows_.insert(run_rows_.end(), line.rows.begin(), line.rows.end());
  const bool whole = missing.count() == missing_before;
  if (!whole || (run.recorded && line.floors.empty())) return;
  missing.Attempt("the ledger", [&] { return ledger_.Add(line); });
}

absl::Status SweepMeasures::AddOwn(const SweepRun& run, const OpenedRun& opened,
                                   std::vector<json>* rows,
                                   base::Missing& missing) {
  const Experiment& experiment = run.experiment;
  const FinalEvaluation& evaluation = opened.evaluation;
  ASSIGN_OR_RETURN(const auto loaded, vit::LoadEncoder(absl::StrCat(
                                          run.folder, "/encoder.safetensors")));
  loaded.encoder->to(device_);
  const eval::EvalSpec spec = FeaturesOf(experiment.eval());
  RETURN_IF_ERROR(AddRows(
      run, run.setting, TextOf(spec),
      [&](const eval::EmitRow& emit, base::Missing& failed) {
        return evaluation.Encoder(run.setting, *loaded.encoder, spec, emit,
                                  failed);
      },
      rows, missing));
  if (!experiment.has_classification()) return absl::OkStatus();
  missing.Attempt(absl::StrCat(run.folder, ": its own head"), [&] {
    return AddRows(
        run, run.setting, "classifier",
        [&](const eval::EmitRow& emit,
            base::Missing& /*failed*/) -> absl::Status {
          ASSIGN_OR_RETURN(const auto model, LoadRunModel(run.folder, device_));
          ASSIGN_OR_RETURN(
              const auto sets,
              eval::MakeEvaluationSets(opened.splits, eval::EvalSpec::TEST));
          if (!sets.no_labels.empty()) {
            return absl::InvalidArgumentError(sets.no_labels);
          }
          ASSIGN_OR_RETURN(
              const auto row,
              EvaluateClassifierOfRun(run.setting, experiment, sets,
                                      *model.method->classifier(), device_));
          return emit(row);
        },
        rows, missing);
  });
  return absl::OkStatus();
}

absl::Status SweepMeasures::AddFloors(const SweepRun& run,
                                      const OpenedRun& opened,
                                      std::vector<LedgerFloor>* measured,
                                      base::Missing& missing) {
  const Experiment& experiment = run.experiment;
  const FinalEvaluation& evaluation = opened.evaluation;
  const std::string images = ImagesText(experiment.data());
  const std::string encoder = TextOf(experiment.encoder());
  eval::EvalSpec spec = FeaturesOf(experiment.eval());
  std::string settings = TextOf(spec);
  RETURN_IF_ERROR(AddFloor(
      run, RandomName(experiment), absl::StrCat(images, encoder, settings),
      absl::StrCat(run.seed), settings,
      [&](const eval::EmitRow& emit, base::Missing& failed) {
        return evaluation.RandomEncoder(experiment.encoder(), run.seed, spec,
                                        emit, failed);
      },
      measured, missing));
  spec.clear_readout();
  settings = TextOf(spec);
  const int64_t image_size = experiment.encoder().image_size();
  return AddFloor(
      run, PixelsName(experiment), absl::StrCat(images, image_size, settings),
      /*draw=*/"", settings,
      [&](const eval::EmitRow& emit, base::Missing& failed) {
        evaluation.RawPixels(image_size, spec, emit, failed);
        return absl::OkStatus();
      },
      measured, missing);
}

std::vector<json> SweepMeasures::Rows() const {
  std::vector<json> rows = run_rows_;
  for (json row : floor_rows_) {
    row["floor"] = true;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace caldera::ssl
