#include "eval/diagnostics/cka_table.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text/printable_text.h"

namespace caldera::eval {

using nlohmann::json;

std::string CkaTable(const json& row) {
  const auto name = [](const json& readout) {
    return absl::StrCat(readout["block"].dump(),
                        readout["norm"].get<bool>() ? " norm" : "");
  };
  const auto text = [](const json& value) {
    return base::PrintableText(value.get<std::string>());
  };
  std::string table = absl::StrCat(
      "\nCKA of ", text(row["features"]), " (lines) and ",
      text(row["setting"]["other"]), " (columns), by block\n\n| block  |");
  for (const json& readout : row["other_readouts"]) {
    absl::StrAppend(&table, absl::StrFormat(" %7s |", name(readout)));
  }
  absl::StrAppend(&table, "\n|--------|");
  for (size_t i = 0; i < row["other_readouts"].size(); ++i) {
    absl::StrAppend(&table, "--------:|");
  }
  for (size_t i = 0; i < row["cka"].size(); ++i) {
    absl::StrAppend(&table,
                    absl::StrFormat("\n| %6s |", name(row["readouts"][i])));
    for (const json& value : row["cka"][i]) {
      // A constant representation has none.
      absl::StrAppend(&table,
                      !value.is_number() || std::isnan(value.get<double>())
                          ? "       - |"
                          : absl::StrFormat(" %7.3f |", value.get<double>()));
    }
  }
  return absl::StrCat(table, "\n");
}

}  // namespace caldera::eval
