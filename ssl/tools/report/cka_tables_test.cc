#include "ssl/tools/report/cka_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const json kBlocks = {{{"block", 0}, {"norm", false}},
                      {{"block", 1}, {"norm", true}}};

json Row(const std::string& other, const json& matrix) {
  return {{"features", "spec/mae"},        {"task", "cka"},
          {"setting", {{"other", other}}}, {"readouts", kBlocks},
          {"other_readouts", kBlocks},     {"cka", matrix}};
}

TEST(CkaTables, ATableForEachPair) {
  const json matrix = {{1, 0.25}, {0.25, nullptr}};
  const auto tables =
      CkaTables({{"a/mae", {Row("spec/mae", matrix), Row("m_mae", matrix)}}});
  ASSERT_EQ(tables.size(), 2);
  EXPECT_EQ(tables[0].setting, "a/mae");
  EXPECT_EQ(tables[1].setting, "lines: a/mae; columns: m_mae");
  EXPECT_THAT(tables[0].measures, ElementsAre("block 0", "block 1, norm"));
  ASSERT_EQ(tables[0].lines.size(), 2);
  EXPECT_EQ(tables[0].lines[1].name, "block 1, norm");
  EXPECT_EQ(tables[0].lines[1].cells[0].text, "0.250");
  EXPECT_EQ(tables[0].lines[1].cells[1].text, "–");
}

TEST(CkaTables, LeavesOutWhatDoesNotFit) {
  const json short_row = {{1, 0.25}, {1}};
  EXPECT_THAT(CkaTables({{"mae",
                          {Row("m_mae", short_row),
                           Row("m_mae", {{1, 1}}),
                           Row("m_mae", "text"),
                           {{"task", "cka"}},
                           {{"task", "knn"}}}}}),
              IsEmpty());
}

}  // namespace
}  // namespace caldera::ssl
