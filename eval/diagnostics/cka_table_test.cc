#include "eval/diagnostics/cka_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace caldera::eval {
namespace {

TEST(CkaTable, HasALineAndAColumnForEachReadout) {
  nlohmann::json row = nlohmann::json::parse(R"({
    "features": "a", "setting": {"other": "b"},
    "readouts": [{"block": 0, "norm": false}, {"block": 0, "norm": true}],
    "other_readouts": [{"block": 11, "norm": true}],
    "cka": [[0.51249], [null]]})");
  EXPECT_EQ(CkaTable(row),
            "\nCKA of a (lines) and b (columns), by block\n\n"
            "| block  | 11 norm |\n"
            "|--------|--------:|\n"
            "|      0 |   0.512 |\n"
            "| 0 norm |       - |\n");
  row["cka"][0][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(CkaTable(row).find("|      0 |       - |"), std::string::npos);
}

}  // namespace
}  // namespace caldera::eval
