#include "eval/results.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "eval/diagnostics/cka_table.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr size_t kFirstNumber = 3;  // aligned to the right from here

// Holds a lock on the folder of `path` for its lifetime, or none if the file
// system does not support locks.
class FolderLock {
 public:
  explicit FolderLock(const std::string& path) {
    std::string folder = std::filesystem::path(path).parent_path();
    if (folder.empty()) folder = ".";
    file_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (file_ >= 0 && flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(
      absl::StrCat(path, ": ", what, "; move it away to start a new one"));
}

std::string Plain(const json& value) {
  return value.is_string() ? value.get<std::string>() : base::JsonText(value);
}

// Returns the text of one cell; an object reads "k=10 temperature=0.07".
std::string Cell(const json& row, const std::string& column) {
  const auto found = row.find(column);
  if (found == row.end() || found->is_null() ||
      (found->is_object() && found->empty())) {
    return "-";
  }
  std::string text;
  if (found->is_object()) {
    for (const auto& [key, value] : found->items()) {
      absl::StrAppend(&text, text.empty() ? "" : " ", key, "=", Plain(value));
    }
  } else if (found->is_number_float()) {
    const bool percent = column.compare(0, 3, "top") == 0;
    text = percent ? absl::StrFormat("%.2f", found->get<double>())
                   : absl::StrFormat("%.4g", found->get<double>());
  } else {
    text = Plain(*found);
  }
  // Nothing may end a cell or a line.
  return absl::StrReplaceAll(base::PrintableText(text), {{"|", "\\|"}});
}

// Takes what the settings of all rows of a task have in common out of them, and
// returns it as lines: "knn: k=10 temperature=0.07". A row that is alone keeps
// its setting.
std::string TakeCommonSettings(std::vector<json>& rows) {
  std::map<std::string, std::vector<json*>> by_task;
  for (json& row : rows) {
    if (row.contains("task") && row["task"].is_string() &&
        row.contains("setting") && row["setting"].is_object()) {
      by_task[row["task"].get<std::string>()].push_back(&row["setting"]);
    }
  }
  std::string lines;
  for (const auto& [task, settings] : by_task) {
    if (settings.size() < 2) continue;
    json common = *settings[0];
    for (const json* setting : settings) {
      for (auto item = common.begin(); item != common.end();) {
        const auto other = setting->find(item.key());
        const bool same = other != setting->end() && *other == item.value();
        item = same ? std::next(item) : common.erase(item);
      }
    }
    if (common.empty()) continue;
    for (json* setting : settings) {
      for (const auto& [key, unused] : common.items()) setting->erase(key);
    }
    absl::StrAppend(&lines, base::PrintableText(task), ": ",
                    Cell({{"common", common}}, "common"), "\n");
  }
  return lines;
}

// Returns true if two rows measured the same thing, so that the later one
// replaces the earlier.
bool SameResult(const json& a, const json& b) {
  for (const char* key : {"features", "task", "setting"}) {
    if (!a.contains(key) || !b.contains(key) || a[key] != b[key]) return false;
  }
  return true;
}

// Returns the number of characters, not bytes, of UTF-8 text.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

absl::StatusOr<std::vector<json>> ReadResults(const std::string& path) {
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxBytes);
  if (absl::IsNotFound(text.status())) return std::vector<json>();
  RETURN_IF_ERROR(text);
  const json rows = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (rows.is_discarded()) return Damaged(path, "not JSON");
  if (!rows.is_array()) return Damaged(path, "not a JSON array of results");
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_object()) {
      return Damaged(path, absl::StrCat("row ", i, " is not an object"));
    }
  }
  return rows.get<std::vector<json>>();
}

absl::Status AppendResult(const std::string& path, const json& row) {
  if (!row.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a result is a JSON object, not ", Plain(row)));
  }
  const json kept = base::WithUtf8(row);  // as the file will have it
  const FolderLock lock(path);
  ASSIGN_OR_RETURN(auto rows, ReadResults(path));
  const auto same = std::find_if(rows.begin(), rows.end(), [&](const json& r) {
    return SameResult(r, kept);
  });
  if (same == rows.end()) {
    rows.push_back(kept);
  } else {
    *same = kept;
  }
  std::string text = "[";
  for (size_t i = 0; i < rows.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "\n  " : ",\n  ", Plain(rows[i]));
  }
  absl::StrAppend(&text, "\n]\n");
  return base::ReplaceFile(path, {text});
}

std::string ResultsTable(const std::vector<json>& rows,
                         const std::vector<std::string>& measures) {
  std::vector<std::string> columns = {"features", "task", "setting"};
  columns.insert(columns.end(), measures.begin(), measures.end());
  std::vector<std::vector<std::string>> cells = {columns};
  for (const json& row : rows) {
    auto& line = cells.emplace_back();
    for (const std::string& column : columns) line.push_back(Cell(row, column));
  }
  std::vector<size_t> widths(columns.size(), 0);
  for (const auto& line : cells) {
    for (size_t c = 0; c < columns.size(); ++c) {
      widths[c] = std::max(widths[c], Width(line[c]));
    }
  }
  std::string table;
  for (size_t r = 0; r < cells.size(); ++r) {
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::string pad(widths[c] - Width(cells[r][c]), ' ');
      const bool right = c >= kFirstNumber;
      absl::StrAppend(&table, c == 0 ? "| " : " | ", right ? pad : "",
                      cells[r][c], right ? "" : pad);
    }
    absl::StrAppend(&table, " |\n");
    if (r > 0) continue;
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::string dashes(widths[c] + 1, '-');
      absl::StrAppend(&table, "|", dashes, c >= kFirstNumber ? ":" : "-");
    }
    absl::StrAppend(&table, "|\n");
  }
  return table;
}

std::string ResultTables(const std::vector<json>& rows) {
  std::vector<json> accuracies, diagnostics, label_free;
  std::string cka;
  for (const json& row : rows) {
    if (row["task"] == "cka") {
      absl::StrAppend(&cka, CkaTable(row));
    } else if (row["task"] == "label_free") {
      label_free.push_back(row);
    } else if (row["task"] != "verdict") {  // a sentence
      (row["task"] == "diagnostics" ? diagnostics : accuracies).push_back(row);
    }
  }
  const std::string common = TakeCommonSettings(accuracies);
  std::string tables;
  for (const auto& [some, given] :
       {std::make_pair(&accuracies, std::vector<std::string>{"top1", "top5"}),
        std::make_pair(&label_free,
                       std::vector<std::string>{
                           "reconstruction", "effective_rank", "participation",
                           "alignment", "uniformity"}),
        std::make_pair(
            &diagnostics,
            std::vector<std::string>{
                "effective_rank", "alignment", "uniformity", "mean_degree",
                "effective_neighbours", "nonzero_share", "coding_rate"})}) {
    if (some->empty()) continue;
    std::vector<std::string> measures = given;
    for (const char* count : {"skipped", "unlabelled", "unseen"}) {
      if (std::any_of(some->begin(), some->end(),
                      [&](const json& row) { return row.contains(count); })) {
        measures.emplace_back(count);
      }
    }
    absl::StrAppend(&tables, ResultsTable(*some, measures));
    if (some == &accuracies && !common.empty()) {
      absl::StrAppend(&tables, "\n", common);
    }
  }
  return tables + cka;
}

}  // namespace caldera::eval
