#include "ssl/tools/report/read_run.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/part.h"
#include "base/read_file.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "eval/results.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tensorboard/read_scalars.h"
#include "ssl/tools/report/run_names.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kExperiment[] = "/experiment.textproto";
constexpr char kMetrics[] = "/metrics.jsonl";
constexpr char kResults[] = "/results.json";
constexpr int64_t kMostBytes = std::numeric_limits<int64_t>::max();

absl::Status CheckFolder(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("--run: there is no folder ", path));
  }
  if (!fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("--run: ", path, " is a file; give the folder of a run"));
  }
  for (const char* file : {kExperiment, kMetrics, kResults}) {
    if (fs::exists(path + file, error)) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("--run: ", path,
                   " is no run folder: it holds neither experiment.textproto "
                   "nor metrics.jsonl nor results.json"));
}

// Returns the text of a file, "" if it cannot be read.
std::string FileText(const std::string& path) {
  return base::ReadFile(path, kMostBytes).value_or("");
}

void ReadSetting(const std::string& path, RunRecord* run) {
  run->experiment_text = WithoutFolders(FileText(path + kExperiment));
  auto experiment = ReadResolvedExperiment(path + kExperiment);
  if (experiment.ok()) {
    run->experiment = *std::move(experiment);
  } else if (run->experiment_text.empty()) {
    run->notes.push_back("There is no experiment.textproto.");
  } else {
    run->notes.push_back(absl::StrCat(
        "Another version wrote experiment.textproto, which is shown but left "
        "out of the tables: ",
        WithoutFolders(std::string(experiment.status().message())), "."));
  }
  run->provenance = json::parse(FileText(path + "/provenance.json"), nullptr,
                                /*allow_exceptions=*/false);
  if (run->provenance.is_object()) return;
  run->provenance = json::object();
  run->notes.push_back("There is no readable provenance.json.");
}

// Adds the curve of the speed. TensorBoard has only steps; their epochs come
// from the loss.
absl::Status ReadSpeed(const std::string& path, RunCourse* course) {
  ASSIGN_OR_RETURN(const auto rates,
                   ReadScalars(path + "/tensorboard", kImagesPerSecond));
  const auto loss = course->curves.find("loss");
  if (loss == course->curves.end()) return absl::OkStatus();
  std::map<int64_t, double> epochs;
  for (size_t i = 0; i < loss->second.step.size(); ++i) {
    epochs[loss->second.step[i]] = loss->second.epoch[i];
  }
  Curve speed;
  for (const auto& [step, rate] : rates) {
    const auto epoch = epochs.find(step);
    if (rate <= 0 || epoch == epochs.end()) continue;  // 0: not known yet
    speed.step.push_back(step);
    speed.epoch.push_back(epoch->second);
    speed.value.push_back(rate);
  }
  if (!speed.step.empty()) course->curves[kImagesPerSecond] = std::move(speed);
  return absl::OkStatus();
}

absl::Status ReadMetrics(const std::string& path, RunRecord* run) {
  std::error_code error;
  if (fs::exists(path + kMetrics, error)) {
    ASSIGN_OR_RETURN(run->course, ReadCourse(run->name, path + kMetrics));
  }
  if (run->course.cut_off) {
    run->notes.push_back(
        "The last line of metrics.jsonl was cut off and is left out.");
  }
  if (run->course.curves.empty()) {
    run->notes.push_back("Nothing was logged yet.");
  }
  return ReadSpeed(path, &run->course);
}

std::string Term(const AuxiliaryLossSpec& term) {
  return absl::StrCat(" + ", base::PartName(term),
                      term.observe_only() ? " (observed)" : "");
}

std::string Method(const Experiment& experiment) {
  std::string method = base::PartName(experiment);
  if (experiment.has_mae()) {
    absl::StrAppend(&method, ", ", 100 * experiment.mae().mask_ratio(),
                    " % masked");
  }
  if (experiment.has_regularizer()) {
    absl::StrAppend(&method, Term(experiment.regularizer()));
  }
  for (const AuxiliaryLossSpec& term : experiment.auxiliary()) {
    absl::StrAppend(&method, Term(term));
  }
  return method;
}

std::string Length(const TrainSpec& train) {
  const std::string batches =
      absl::StrCat("in batches of ", train.batch_size(),
                   train.precision() == TrainSpec::BF16 ? ", bfloat16" : "");
  switch (train.length_case()) {
    case TrainSpec::kEpochs:
      return absl::StrCat(train.epochs(), " epochs ", batches);
    case TrainSpec::kSteps:
      return absl::StrCat(train.steps(), " steps ", batches);
    case TrainSpec::kExamples:
      return absl::StrCat(train.examples(), " examples ", batches);
    case TrainSpec::LENGTH_NOT_SET:  // such a run never started
      break;
  }
  return batches;
}

void AddExperiment(const Experiment& experiment, Fields* facts) {
  facts->emplace_back("Method", Method(experiment));
  const data::DataSpec& images = experiment.data();
  facts->emplace_back(
      "Data", absl::StrCat(WithoutFolder(base::PrintableText(images.dataset())),
                           ", ", images.split()));
  const vit::EncoderSpec& encoder = experiment.encoder();
  facts->emplace_back(
      "Encoder",
      absl::StrCat(encoder.image_size(), " px, patch ", encoder.patch_size(),
                   ", ", encoder.embed_dim(), " wide, ", encoder.depth(),
                   " blocks, ", encoder.num_heads(), " heads"));
  facts->emplace_back("Length", Length(experiment.train()));
  const OptimizerSpec& optimizer = experiment.optimizer();
  facts->emplace_back(
      "Optimizer",
      absl::StrCat(base::PartName(optimizer), ", base_lr ", optimizer.base_lr(),
                   ", weight_decay ", optimizer.weight_decay()));
  facts->emplace_back("Seed", absl::StrCat(experiment.seed()));
}

// Adds the last step and epoch of the log.
void AddProgress(const RunCourse& course, Fields* facts) {
  int64_t step = 0;
  double epoch = 0;
  for (const auto& [key, curve] : course.curves) {
    if (curve.step.empty() || curve.step.back() <= step) continue;
    step = curve.step.back();
    epoch = curve.epoch.back();
  }
  if (step == 0) return;
  facts->emplace_back("Logged until",
                      absl::StrFormat("step %d, epoch %.4g", step, epoch));
}

}  // namespace

absl::StatusOr<RunRecord> ReadRun(const std::string& path,
                                  const std::string& name) {
  RETURN_IF_ERROR(CheckFolder(path));
  RunRecord run;
  run.name = name;
  ReadSetting(path, &run);
  RETURN_IF_ERROR(ReadMetrics(path, &run));
  ASSIGN_OR_RETURN(run.results, eval::ReadResults(path + kResults));
  if (run.results.empty()) run.notes.push_back("Nothing was measured yet.");
  for (const json& row : run.results) {
    const auto verdict = row.find("verdict");
    if (verdict == row.end() || !verdict->is_string()) continue;
    run.notes.push_back(absl::StrCat("Verdict: ", verdict->get<std::string>()));
  }
  return run;
}

Fields RunFacts(const RunRecord& run) {
  Fields facts;
  if (run.experiment.has_value()) AddExperiment(*run.experiment, &facts);
  AddProgress(run.course, &facts);
  for (const auto& [name, key] :
       {std::pair{"Device", "device"}, std::pair{"Processor", "processor"},
        std::pair{"LibTorch", "libtorch"}, std::pair{"Revision", "revision"}}) {
    const auto value = run.provenance.find(key);
    if (value != run.provenance.end() && value->is_string()) {
      facts.emplace_back(name, value->get<std::string>());
    }
  }
  return facts;
}

}  // namespace caldera::ssl
