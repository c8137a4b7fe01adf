#include "ssl/tools/report/result_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

json Knn(const std::string& features, const json& setting, double top1) {
  return {{"features", features}, {"task", "knn"},    {"setting", setting},
          {"top1", top1},         {"test_size", 100}, {"train_size", 600}};
}

const json kMean = {{"feature", "mean"}, {"block", 5}, {"k", 10}};
const json kPixels = {{"feature", "pixels"}, {"k", 10}};

TEST(ResultTables, RunsThenFloorsUnderWhatTheyShare) {
  const auto tables = ResultTables(
      {{"a/mae",
        {Knn("spec/mae", kMean, 80), Knn("raw pixels", kPixels, 82.123)}},
       {"a/m_mae",
        {Knn("spec/m_mae", kMean, 85), Knn("raw pixels", kPixels, 82.123)}}});
  ASSERT_EQ(tables.size(), 1);
  const ResultTable& table = tables[0];
  EXPECT_EQ(table.title, "k-NN");
  EXPECT_EQ(table.setting, "block=5, k=10, test_size=100, train_size=600");
  EXPECT_THAT(table.measures, ElementsAre("top-1, %"));
  ASSERT_EQ(table.lines.size(), 3);
  EXPECT_EQ(table.lines[0].name, "a/mae");
  EXPECT_EQ(table.lines[0].setting, "feature=mean");
  EXPECT_EQ(table.lines[0].cells[0].text, "80.00");
  EXPECT_FALSE(table.lines[0].cells[0].best);
  EXPECT_TRUE(table.lines[1].cells[0].best);
  EXPECT_EQ(table.lines[2].name, "raw pixels");
  EXPECT_TRUE(table.lines[2].floor);
  EXPECT_EQ(table.lines[2].setting, "feature=pixels");
  EXPECT_EQ(table.lines[2].cells[0].text, "82.12");
}

TEST(ResultTables, FloorsThatDifferNameTheirRun) {
  const auto tables =
      ResultTables({{"one", {Knn("random encoder", kMean, 70)}},
                    {"two", {Knn("random encoder", kMean, 71)}}});
  ASSERT_EQ(tables[0].lines.size(), 2);
  EXPECT_EQ(tables[0].lines[0].name, "random encoder");
  EXPECT_EQ(tables[0].lines[1].name, "random encoder of two");
}

TEST(ResultTables, ValidationImagesHaveATableOfTheirOwn) {
  json validation = kMean;
  validation["measured_on"] = "validation";
  const auto tables =
      ResultTables({{"mae",
                     {Knn("mae", validation, 90), Knn("mae", kMean, 80),
                      Knn("random encoder (28 px)", validation, 70)}}});
  ASSERT_EQ(tables.size(), 2);
  EXPECT_EQ(tables[0].title, "k-NN");
  EXPECT_EQ(tables[0].lines.size(), 1);
  EXPECT_EQ(tables[1].title, "k-NN, on validation images");
  ASSERT_EQ(tables[1].lines.size(), 2);
  EXPECT_TRUE(tables[1].lines[1].floor);
}

TEST(ResultTables, MeasuresOfEachTask) {
  const json block = {{"features", "mae"},     {"task", "diagnostics"},
                      {"setting", "as text"},  {"effective_rank", 12.3456},
                      {"uniformity", nullptr}, {"alignment", 0.5}};
  const json cka = {{"features", "mae"}, {"task", "cka"}, {"cka", {{1}}}};
  const auto tables =
      ResultTables({{"mae", {Knn("mae", kMean, 80), block, cka}}});
  ASSERT_EQ(tables.size(), 2);
  EXPECT_FALSE(tables[0].lines[0].cells[0].best);  // alone
  EXPECT_EQ(tables[1].title, "Diagnostics by block");
  EXPECT_THAT(tables[1].measures, ElementsAre("effective rank", "alignment"));
  EXPECT_EQ(tables[1].setting, "setting=as text");
  EXPECT_EQ(tables[1].lines[0].cells[0].text, "12.35");
  EXPECT_THAT(ResultTables({}), IsEmpty());
  EXPECT_THAT(ResultTables({{"none", {}}}), IsEmpty());
}

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
