#include "ssl/tools/report/run_groups.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "eval/results.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tools/report/measure_name.h"
#include "ssl/tools/report/run_names.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool IsRun(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "experiment.textproto", error) ||
         fs::exists(folder / "metrics.jsonl", error);
}

// Returns the run folders below `folder`, sorted; a run has no runs in it.
absl::StatusOr<std::vector<fs::path>> FindRuns(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(
        absl::StrCat("--index: there is no folder ", folder.string()));
  }
  std::vector<fs::path> runs, waiting = {folder};
  while (!waiting.empty()) {
    const fs::path at = std::move(waiting.back());
    waiting.pop_back();
    if (IsRun(at)) {
      runs.push_back(at);
      if (runs.size() <= kMostIndexedRuns) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("--index: ", folder.string(), " has more than ",
                       kMostIndexedRuns, " runs; name a folder in it"));
    }
    for (auto entry = fs::directory_iterator(
             at, fs::directory_options::skip_permission_denied, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
      std::error_code none;
      if (entry->is_symlink(none) || !entry->is_directory(none)) continue;
      waiting.push_back(entry->path());
    }
  }
  if (runs.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--index: ", folder.string(),
        " holds no run: no folder with experiment.textproto or metrics.jsonl"));
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

// The accuracies of a group while its runs are read: measure -> feature -> of
// each run.
using Accuracies =
    std::map<std::string, std::map<std::string, std::vector<double>>>;

// Adds the rows of a run; those of its floors say nothing about it.
absl::Status AddRows(const fs::path& path, Accuracies* accuracies,
                     std::map<std::string, int>* directness) {
  ASSIGN_OR_RETURN(const auto rows,
                   eval::ReadResults((path / "results.json").string()));
  // A run counts once, however often it is measured: the last row counts.
  std::map<std::pair<std::string, std::string>, double> last;
  for (const json& row : rows) {
    const json name = row.value("features", json());
    const json top1 = row.value("top1", json());
    if (!name.is_string() || !top1.is_number() || Directness(row) < 0) continue;
    const std::string text = name.get<std::string>();
    if (absl::StartsWith(text, "random encoder") ||
        absl::StartsWith(text, "raw pixels")) {
      continue;
    }
    const json setting = row.value("setting", json());
    const json feature =
        setting.is_object() ? setting.value("feature", json()) : json();
    const std::string measure = MeasureName(row);
    (*directness)[measure] = Directness(row);
    last[{measure, feature.is_string()
                       ? base::PrintableText(feature.get<std::string>())
                       : ""}] = top1.get<double>();
  }
  for (const auto& [key, top1] : last) {
    (*accuracies)[key.first][key.second].push_back(top1);
  }
  return absl::OkStatus();
}

GroupMeasure MeasureOf(const std::string& feature,
                       const std::vector<double>& values) {
  GroupMeasure measure;
  measure.feature = feature;
  measure.runs = static_cast<int64_t>(values.size());
  const auto n = static_cast<double>(values.size());
  for (const double value : values) measure.mean += value / n;
  if (values.size() < 2) return measure;
  double squares = 0;
  for (const double value : values) {
    squares += (value - measure.mean) * (value - measure.mean);
  }
  measure.deviation = std::sqrt(squares / (n - 1));
  return measure;
}

// A group with what is needed until all its runs are read.
struct Open {
  RunGroup group;
  Accuracies accuracies;
};

// Reads a run into the group that it belongs to.
void AddRun(const fs::path& folder, const fs::path& path,
            std::map<std::string, size_t>* numbers, std::vector<Open>* open,
            std::map<std::string, int>* directness) {
  std::error_code error;
  IndexedRun run;
  run.path = path.lexically_relative(folder).string();
  run.finished = fs::exists(path / "encoder.safetensors", error);
  run.report = fs::exists(path / "report.html", error);
  std::string key = absl::StrCat("path ", run.path);
  Fields fields;
  auto experiment =
      ReadResolvedExperiment((path / "experiment.textproto").string());
  if (experiment.ok()) {
    run.seed = absl::StrCat(experiment->seed());
    experiment->clear_seed();
    fields = FlatFields(*experiment);
    key = "fields";
    for (const auto& [name, value] : fields) {
      absl::StrAppend(&key, "\n", name, "=", value);
    }
  } else {
    run.note = WithoutFolders(std::string(experiment.status().message()));
  }
  const auto [number, is_new] = numbers->emplace(key, open->size());
  if (is_new) open->emplace_back().group.fields = std::move(fields);
  Open& group = (*open)[number->second];
  const absl::Status status = AddRows(path, &group.accuracies, directness);
  if (!status.ok()) run.note = WithoutFolders(std::string(status.message()));
  group.group.runs.push_back(std::move(run));
}

}  // namespace

absl::StatusOr<RunGroups> ReadRunGroups(const std::string& folder) {
  ASSIGN_OR_RETURN(const auto paths, FindRuns(folder));
  std::map<std::string, size_t> numbers;  // by what the runs share
  std::map<std::string, int> directness;  // by measure
  std::vector<Open> open;
  for (const fs::path& path : paths) {
    AddRun(folder, path, &numbers, &open, &directness);
  }
  RunGroups result;
  for (const auto& [name, of] : directness) result.measures.push_back(name);
  std::stable_sort(result.measures.begin(), result.measures.end(),
                   [&](const std::string& a, const std::string& b) {
                     return directness[a] > directness[b];
                   });
  for (Open& each : open) {
    for (const auto& [name, features] : each.accuracies) {
      GroupMeasure best;
      for (const auto& [feature, values] : features) {
        const GroupMeasure measure = MeasureOf(feature, values);
        if (best.runs == 0 || measure.mean > best.mean) best = measure;
      }
      each.group.measures[name] = best;
    }
    result.groups.push_back(std::move(each.group));
  }
  const auto worth = [&](const RunGroup& group) {
    if (result.measures.empty()) return -1.;
    const auto found = group.measures.find(result.measures[0]);
    return found == group.measures.end() ? -1. : found->second.mean;
  };
  std::stable_sort(result.groups.begin(), result.groups.end(),
                   [&](const RunGroup& a, const RunGroup& b) {
                     return worth(a) > worth(b);
                   });
  return result;
}

}  // namespace caldera::ssl
