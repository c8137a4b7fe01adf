#include "ssl/tools/report/result_tables.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "ssl/tools/report/run_names.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

struct Measure {
  const char* key;
  const char* title;
  bool percent;   // with two decimals
  bool compared;  // higher is better, the best is marked
};

constexpr Measure kMeasures[] = {
    {"top1", "top-1, %", true, true},
    {"top5", "top-5, %", true, true},
    {"train_top1", "train top-1, %", true},
    {"reconstruction", "reconstruction error", false, false},
    {"effective_rank", "effective rank", false, false},
    {"participation", "dimensions that take part", false, false},
    {"alignment", "alignment", false, false},
    {"uniformity", "uniformity", false, false},
    {"mean_degree", "mean degree", false, false},
    {"effective_neighbours", "effective neighbours", false, false},
    {"share_below_floor", "share below floor", false, false},
    {"nonzero_share", "non-zero share", false, false},
    {"coding_rate", "coding rate, nats", false, false},
};

constexpr std::pair<const char*, const char*> kTasks[] = {
    {"knn", "k-NN"},
    {"linear", "Linear probe"},
    {"classify", "Classifier"},
    {"label_free", "Held-out images, without labels"},
    {"diagnostics", "Diagnostics by block"},
};

constexpr const char* kFloors[] = {"random encoder", "raw pixels",
                                   "starting weights"};

struct Row {
  std::string name;
  bool floor;
  json setting;  // an object
  json row;
};

std::string Plain(const json& value) {
  return value.is_string() ? base::PrintableText(value.get<std::string>())
                           : base::JsonText(value);
}

std::string TextOf(const json& row, const char* key) {
  const auto found = row.find(key);
  return found == row.end() ? "" : Plain(*found);
}

// The rows of one table share a task and its images.
struct Kind {
  std::string task;
  std::string measured_on;  // "": the test images
  bool operator==(const Kind& other) const {
    return task == other.task && measured_on == other.measured_on;
  }
};

Kind KindOf(const json& row) {
  const auto setting = row.find("setting");
  return {TextOf(row, "task"), setting != row.end() && setting->is_object()
                                   ? TextOf(*setting, "measured_on")
                                   : ""};
}

std::string TitleOf(const Kind& kind) {
  std::string title = kind.task;
  for (const auto& [task, name] : kTasks) {
    if (kind.task == task) title = name;
  }
  return kind.measured_on.empty()
             ? title
             : absl::StrCat(title, ", on ", kind.measured_on, " images");
}

// The name may go on, as in "random encoder (fashion_mnist, 28 px)".
bool IsFloor(const std::string& features) {
  return std::any_of(std::begin(kFloors), std::end(kFloors),
                     [&features](const char* floor) {
                       return absl::StartsWith(features, floor);
                     });
}

bool Measured(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number();
}

// Returns the settings of a row, its sizes and what was left out included.
json SettingOf(const json& row) {
  json setting = row.value("setting", json::object());
  if (!setting.is_object()) setting = {{"setting", setting}};
  for (const char* size :
       {"train_size", "test_size", "train_skipped", "train_unlabelled",
        "skipped", "unlabelled", "unseen"}) {
    if (row.contains(size)) setting[size] = row[size];
  }
  return setting;
}

// Returns true if all rows with `key` have the same value and all runs have it.
bool Common(const std::vector<Row>& rows, const std::string& key) {
  const json* first = nullptr;
  for (const Row& row : rows) {
    const auto found = row.setting.find(key);
    if (found == row.setting.end()) {
      if (!row.floor) return false;
      continue;
    }
    if (first == nullptr) first = &*found;
    if (*first != *found) return false;
  }
  return first != nullptr;
}

std::string SettingText(const json& setting, const std::set<std::string>& keys,
                        bool among) {
  std::string text;
  for (const auto& [key, value] : setting.items()) {
    if ((keys.count(key) > 0) != among) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", key, "=",
                    WithoutFolder(Plain(value)));
  }
  return text;
}

// Adds the lines of the runs, in their order, then of the floors. A floor with
// equal results in several runs has one line; one that differs names its run.
std::vector<Row> RowsOf(const std::vector<RunResults>& runs, const Kind& kind) {
  std::vector<Row> own, floors;
  for (const auto& [name, rows] : runs) {
    for (const json& row : rows) {
      if (!(KindOf(row) == kind)) continue;
      const std::string features = TextOf(row, "features");
      if (!IsFloor(features)) {
        own.push_back({name, false, SettingOf(row), row});
        continue;
      }
      Row entry{features, true, SettingOf(row), row};
      const auto alike = [&entry](const Row& other) {
        return other.row == entry.row;
      };
      if (std::any_of(floors.begin(), floors.end(), alike)) continue;
      const auto same = [&entry](const Row& other) {
        return other.name == entry.name && other.setting == entry.setting;
      };
      if (std::any_of(floors.begin(), floors.end(), same)) {
        absl::StrAppend(&entry.name, " of ", name);
      }
      floors.push_back(std::move(entry));
    }
  }
  own.insert(own.end(), floors.begin(), floors.end());
  return own;
}

// Adds the column of a measure if any row has it.
void AddMeasure(const Measure& measure, const std::vector<Row>& rows,
                ResultTable* table) {
  double best = -1;
  int64_t measured = 0;
  for (const Row& row : rows) {
    if (!Measured(row.row, measure.key)) continue;
    best = std::max(best, row.row[measure.key].get<double>());
    ++measured;
  }
  if (measured == 0) return;
  table->measures.push_back(measure.title);
  for (size_t i = 0; i < rows.size(); ++i) {
    ResultCell cell{"–"};
    if (Measured(rows[i].row, measure.key)) {
      const double value = rows[i].row[measure.key].get<double>();
      cell.text = measure.percent ? absl::StrFormat("%.2f", value)
                                  : absl::StrFormat("%.4g", value);
      cell.best = measure.compared && measured > 1 && value == best;
    }
    table->lines[i].cells.push_back(cell);
  }
}

std::string BlockName(const json& readout) {
  if (!readout.is_object()) return "?";
  const json block = readout.value("block", json());
  return absl::StrCat("block ", block.is_number() ? block.dump() : "?",
                      readout.value("norm", json()) == true ? ", norm" : "");
}

// Returns true if `matrix` holds a row for each of `lines`, as long as
// `columns`.
bool Fits(const json& matrix, const json& lines, const json& columns) {
  if (!matrix.is_array() || !lines.is_array() || !columns.is_array() ||
      matrix.size() != lines.size()) {
    return false;
  }
  for (const json& row : matrix) {
    if (!row.is_array() || row.size() != columns.size()) return false;
  }
  return true;
}

ResultTable Table(const std::string& run, const json& row) {
  const json setting = row.value("setting", json::object());
  const json other = setting.is_object() ? setting.value("other", json()) : "";
  const std::string name = other.is_string() ? other.get<std::string>() : "";
  ResultTable table{"CKA between blocks"};
  table.setting = name.empty() || other == row.value("features", json())
                      ? run
                      : absl::StrCat("lines: ", run, "; columns: ", name);
  for (const json& readout : row["other_readouts"]) {
    table.measures.push_back(BlockName(readout));
  }
  for (size_t i = 0; i < row["cka"].size(); ++i) {
    ResultLine line{BlockName(row["readouts"][i])};
    for (const json& value : row["cka"][i]) {
      line.cells.push_back({value.is_number()
                                ? absl::StrFormat("%.3f", value.get<double>())
                                : "–"});
    }
    table.lines.push_back(std::move(line));
  }
  return table;
}

}  // namespace

std::vector<ResultTable> ResultTables(const std::vector<RunResults>& runs) {
  std::vector<Kind> kinds;
  for (const auto& [name, rows] : runs) {
    for (const json& row : rows) {
      const Kind kind = KindOf(row);
      if (std::count(kinds.begin(), kinds.end(), kind) == 0) {
        kinds.push_back(kind);
      }
    }
  }
  std::stable_partition(kinds.begin(), kinds.end(), [](const Kind& kind) {
    return kind.measured_on.empty();
  });
  std::vector<ResultTable> tables;
  for (const Kind& kind : kinds) {
    const std::vector<Row> rows = RowsOf(runs, kind);
    std::set<std::string> common;
    for (const Row& row : rows) {
      for (const auto& [key, value] : row.setting.items()) {
        if (Common(rows, key)) common.insert(key);
      }
    }
    ResultTable table{TitleOf(kind)};
    json shared = json::object();
    for (const Row& row : rows) {
      table.lines.push_back(
          {row.name, row.floor, SettingText(row.setting, common, false), {}});
      shared.update(row.setting);
    }
    table.setting = SettingText(shared, common, true);
    for (const Measure& measure : kMeasures) {
      AddMeasure(measure, rows, &table);
    }
    if (!table.measures.empty()) tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<ResultTable> CkaTables(const std::vector<RunResults>& runs) {
  std::vector<ResultTable> tables;
  for (const auto& [name, rows] : runs) {
    for (const json& row : rows) {
      if (row.value("task", json()) == "cka" &&
          Fits(row.value("cka", json()), row.value("readouts", json()),
               row.value("other_readouts", json()))) {
        tables.push_back(Table(name, row));
      }
    }
  }
  return tables;
}

}  // namespace caldera::ssl
