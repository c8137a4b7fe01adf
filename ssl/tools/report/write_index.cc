#include "ssl/tools/report/write_index.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "ssl/tools/report/render_page.h"
#include "ssl/tools/report/run_names.h"
#include "ssl/tools/report/setting_table.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Returns a path as a relative URL.
std::string Link(const std::string& path) {
  std::string link;
  for (const char c : path) {
    const bool plain = absl::ascii_isalnum(c) || c == '-' || c == '.' ||
                       c == '_' || c == '~' || c == '/';
    if (plain) {
      link += c;
    } else {
      absl::StrAppendFormat(&link, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return link;
}

// Returns what the paths of a group's runs begin with, in whole parts.
std::string NameOf(const RunGroup& group) {
  std::vector<std::string> name = absl::StrSplit(group.runs[0].path, '/');
  for (const IndexedRun& run : group.runs) {
    const std::vector<std::string> parts = absl::StrSplit(run.path, '/');
    const auto [end, other] =
        std::mismatch(name.begin(), name.end(), parts.begin(), parts.end());
    name.erase(end, name.end());
  }
  return name.empty() ? group.runs[0].path : absl::StrJoin(name, "/");
}

std::string StateOf(const RunGroup& group) {
  const auto finished =
      std::count_if(group.runs.begin(), group.runs.end(),
                    [](const IndexedRun& run) { return run.finished; });
  if (finished == static_cast<int64_t>(group.runs.size())) return "finished";
  if (finished == 0) return "not finished";
  return absl::StrCat(finished, " of ", group.runs.size(), " finished");
}

json MeasuresOf(const RunGroup& group, const RunGroups& all) {
  json cells = json::array();
  for (const std::string& name : all.measures) {
    json cell = {{"text", ""}, {"sort", ""}, {"feature", ""}, {"best", false}};
    const auto found = group.measures.find(name);
    if (found != group.measures.end()) {
      const GroupMeasure& measure = found->second;
      cell["text"] =
          measure.runs == 1
              ? absl::StrFormat("%.2f", measure.mean)
              : absl::StrFormat("%.2f ± %.2f", measure.mean, measure.deviation);
      cell["sort"] = absl::StrFormat("%.6f", measure.mean);
      cell["feature"] = measure.feature;
      cell["best"] = std::all_of(
          all.groups.begin(), all.groups.end(), [&](const RunGroup& other) {
            const auto theirs = other.measures.find(name);
            return theirs == other.measures.end() ||
                   theirs->second.mean <= measure.mean;
          });
    }
    cells.push_back(cell);
  }
  return cells;
}

// Returns the fields that are not the same in all groups; those that all of
// them have come first.
std::vector<SettingRow> Differences(const RunGroups& groups) {
  std::vector<Fields> fields;
  for (const RunGroup& group : groups.groups) fields.push_back(group.fields);
  std::vector<SettingRow> rows = Differing(Beside(fields));
  std::stable_partition(rows.begin(), rows.end(), [](const SettingRow& row) {
    return std::count(row.values.begin(), row.values.end(), "") == 0;
  });
  return rows;
}

}  // namespace

json IndexView(const std::string& title, const RunGroups& groups,
               const std::string& from) {
  std::vector<SettingRow> differences = Differences(groups);
  const size_t left_out = differences.size() > kMostFieldColumns
                              ? differences.size() - kMostFieldColumns
                              : 0;
  differences.resize(differences.size() - left_out);
  json view = {{"title", title},
               {"measures", json::array()},
               {"fields", json::array()},
               {"groups", json::array()},
               {"notes", json::array()}};
  for (const std::string& name : groups.measures) {
    view["measures"].push_back({{"title", name}});
  }
  for (const SettingRow& row : differences) {
    view["fields"].push_back({{"name", row.name}});
  }
  size_t runs = 0;
  for (size_t g = 0; g < groups.groups.size(); ++g) {
    const RunGroup& group = groups.groups[g];
    json shown = {{"name", base::PrintableText(NameOf(group))},
                  {"measures", MeasuresOf(group, groups)},
                  {"values", json::array()},
                  {"runs", json::array()},
                  {"state", StateOf(group)}};
    for (const SettingRow& row : differences) {
      shown["values"].push_back({{"text", WithoutFolders(row.values[g])}});
    }
    for (const IndexedRun& run : group.runs) {
      const std::string path = base::PrintableText(run.path);
      shown["runs"].push_back(
          {{"seed", run.seed.empty() ? "?" : run.seed},
           {"path", path},
           {"report", run.report},
           {"link", Link(absl::StrCat(from, run.path, "/report.html"))}});
      if (!run.note.empty()) {
        view["notes"].push_back({{"name", path}, {"text", run.note}});
      }
      ++runs;
    }
    view["groups"].push_back(shown);
  }
  view["has_notes"] = !view["notes"].empty();
  view["summary"] = absl::StrCat(
      groups.groups.size(), " settings, ", runs,
      " runs; the best first. Top-1 in percent, mean ± standard deviation over "
      "the seeds, of the feature that is named.",
      left_out > 0 ? absl::StrCat(" ", left_out,
                                  " more fields differ; //:report compares "
                                  "runs field by field.")
                   : "");
  return view;
}

absl::Status WriteIndex(const std::string& folder, const std::string& output) {
  const auto normal = [](const std::string& path) {
    std::error_code error;
    fs::path absolute = fs::absolute(path, error).lexically_normal();
    if (!absolute.has_filename()) absolute = absolute.parent_path();
    return absolute;
  };
  const fs::path runs = normal(folder);
  ASSIGN_OR_RETURN(const auto groups, ReadRunGroups(runs.string()));
  ASSIGN_OR_RETURN(const auto names, RunNames({runs.string()}));
  const fs::path page = normal(output).parent_path();
  const std::string from =
      runs == page ? "" : runs.lexically_relative(page).string() + "/";
  ASSIGN_OR_RETURN(const auto html,
                   RenderIndex(IndexView(names[0], groups, from)));
  return base::ReplaceFile(output, {html});
}

}  // namespace caldera::ssl
