#include "ssl/tools/report/cka_tables.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

std::string BlockName(const json& readout) {
  if (!readout.is_object()) return "?";
  const json block = readout.value("block", json());
  return absl::StrCat("block ", block.is_number() ? block.dump() : "?",
                      readout.value("norm", json()) == true ? ", norm" : "");
}

// Whether `matrix` holds a row of numbers for each of `lines`, as long as
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
