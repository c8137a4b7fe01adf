#include "ssl/tools/report/read_run.h"

#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/read_file.h"
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

absl::Status CheckFolder(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("--run_dir: there is no folder ", path));
  }
  if (!fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--run_dir: ", path, " is a file; give the folder of a run"));
  }
  for (const char* file : {kExperiment, kMetrics, kResults}) {
    if (fs::exists(path + file, error)) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("--run_dir: ", path,
                   " is no run folder: it holds neither experiment.textproto "
                   "nor metrics.jsonl nor results.json"));
}

std::string FileText(const std::string& path) {
  return base::ReadFile(path, std::numeric_limits<int64_t>::max()).value_or("");
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

// Epochs of the steps of TensorBoard, which has steps alone.
absl::Status ReadSpeed(const std::string& path, RunCourse* course) {
  const auto rates = ReadScalars(path + "/tensorboard", kImagesPerSecond);
  if (!rates.ok()) return rates.status();
  const auto loss = course->curves.find("loss");
  if (loss == course->curves.end()) return absl::OkStatus();
  std::map<int64_t, double> epochs;
  for (size_t i = 0; i < loss->second.step.size(); ++i) {
    epochs[loss->second.step[i]] = loss->second.epoch[i];
  }
  Curve speed;
  for (const auto& [step, rate] : *rates) {
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
    auto course = ReadCourse(run->name, path + kMetrics);
    if (!course.ok()) return course.status();
    run->course = *std::move(course);
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

}  // namespace

absl::StatusOr<RunRecord> ReadRun(const std::string& path,
                                  const std::string& name) {
  absl::Status status = CheckFolder(path);
  if (!status.ok()) return status;
  RunRecord run;
  run.name = name;
  ReadSetting(path, &run);
  status = ReadMetrics(path, &run);
  if (!status.ok()) return status;
  auto results = eval::ReadResults(path + kResults);
  if (!results.ok()) return results.status();
  run.results = *std::move(results);
  if (run.results.empty()) run.notes.push_back("Nothing was measured yet.");
  return run;
}

}  // namespace caldera::ssl
