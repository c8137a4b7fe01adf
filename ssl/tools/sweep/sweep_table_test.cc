#include "ssl/tools/sweep/sweep_table.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::ssl {
namespace {

using nlohmann::json;

json Knn(const std::string& features, const std::string& feature, int seed,
         double top1) {
  return {{"features", features},
          {"task", "knn"},
          {"setting",
           {{"feature", feature},
            {"masking", "none"},
            {"k", 10},
            {"distance", "cosine"},
            {"temperature", 0.07}}},
          {"seed", seed},
          {"top1", top1}};
}

json Linear(const std::string& features, const std::string& feature, int seed,
            double top1) {
  return {{"features", features},
          {"task", "linear"},
          {"setting",
           {{"feature", feature},
            {"masking", "none"},
            {"l2", 1e-5},
            {"standardize", true},
            {"measured_on", "validation"}}},
          {"seed", seed},
          {"top1", top1}};
}

TEST(SweepTable, HeadsHaveAColumnForTheirRecipe) {
  json row = Linear("a", "cls", 0, 70);
  row["setting"] = {{"feature", "cls"},
                    {"recipe", "mae"},
                    {"epochs", 90},
                    {"images", "cached"},
                    {"base_lr", 0.1}};
  EXPECT_NE(SweepTable({row}).find("| linear, mae, 90 epochs, cached |"),
            std::string::npos);
}

TEST(SweepTable, MeansAndSpreadsOverSeeds) {
  json first = Knn("b/mae", "mean", 0, 80);
  first["minutes"] = 9;
  json second = Knn("b/mae", "mean", 1, 83);
  second["minutes"] = 10;
  json third = Knn("b/mae", "mean", 2, 86);
  first["images_per_second"] = 1000;
  second["peak_gib"] = 0.5;
  // The third was interrupted, so its cost is unknown.
  const std::string table =
      SweepTable({first, second, third, Linear("b/mae", "mean", 1, 70.125),
                  Knn("b/mae", "cls", 0, 50), Knn("a", "pixels", 0, 85)});
  // 80, 83 and 86 have a standard deviation of 3.
  EXPECT_EQ(table,
            "| features | feature | runs | k-NN, k=10, cosine, T=0.07 | "
            "linear, l2=1e-05, validation | minutes | img/s |  GiB |\n"
            "|----------|---------|-----:|---------------------------:|"
            "-----------------------------:|--------:|------:|-----:|\n"
            "| b/mae    | cls     |    1 |                      50.00 | "
            "                           - |       - |     - |    - |\n"
            "| b/mae    | mean    |    3 |               83.00 ± 3.00 | "
            "                       70.12 |     9.5 |  1000 | 0.50 |\n"
            "| a        | pixels  |    1 |                      85.00 | "
            "                           - |       - |     - |    - |\n");
}

TEST(SweepTable, TheBestSettingStandsFirstAndFloorsLast) {
  json floor = Linear("random", "mean", 0, 99);
  floor["floor"] = true;
  // By k-NN, which does not decide here, "a" is the best; by its mean over the
  // seeds "c" is better than "b", whose CLS feature counts.
  const std::vector<json> rows = {Knn("a", "mean", 0, 90),
                                  Linear("a", "mean", 0, 60),
                                  Linear("b", "mean", 0, 61),
                                  Linear("b", "cls", 0, 70),
                                  Linear("c", "mean", 0, 69),
                                  Linear("c", "mean", 1, 73),
                                  Linear("B", "mean", 0, 70),
                                  Knn("d", "mean", 0, 95),
                                  floor};
  std::string ranked;
  for (const RankedSetting& setting : RankedSettings(rows)) {
    ranked += setting.name + " by " + setting.feature + ", ";
  }
  EXPECT_EQ(ranked, "c by mean, B by mean, b by cls, a by mean, d by mean, ");
  const std::string table = SweepTable(rows, /*best_first=*/true);
  size_t last = 0;
  for (const char* line :
       {"| c        | mean", "| b        | cls", "| b        | mean",
        "| a        | mean", "| d        | mean", "| random   | mean"}) {
    const size_t at = table.find(line);
    ASSERT_NE(at, std::string::npos) << line << "\n" << table;
    EXPECT_GT(at, last) << table;
    last = at;
  }
}

TEST(SweepTable, AClassifiersOwnHeadHasAColumn) {
  json head = Knn("a", "mean", 0, 91);
  head["task"] = "classify";
  head["setting"] = {{"feature", "mean"}, {"masking", "none"}};
  const std::string table = SweepTable({Knn("a", "mean", 0, 80), head});
  EXPECT_NE(table.find("T=0.07 | its own head |"), std::string::npos) << table;
  EXPECT_NE(table.find("80.00 |        91.00 |"), std::string::npos) << table;
}

TEST(SweepTable, ARowOfTheSameSeedReplaces) {
  const std::string table =
      SweepTable({Knn("a", "cls", 0, 10), Knn("a", "cls", 0, 20)});
  EXPECT_NE(table.find("|    1 |"), std::string::npos) << table;
  EXPECT_NE(table.find("20.00"), std::string::npos) << table;
  EXPECT_EQ(table.find("15.00"), std::string::npos) << table;
}

TEST(SweepTable, SettingsThatDifferHaveColumnsOfTheirOwn) {
  json euclidean = Knn("a", "cls", 0, 11);
  euclidean["setting"]["distance"] = "euclidean";
  euclidean["setting"].erase("temperature");
  const std::string table = SweepTable({Knn("a", "cls", 0, 10), euclidean});
  EXPECT_NE(table.find("| k-NN, k=10, euclidean |"), std::string::npos)
      << table;
  EXPECT_NE(table.find("10.00"), std::string::npos);
  EXPECT_NE(table.find("11.00"), std::string::npos);
}

}  // namespace
}  // namespace caldera::ssl
