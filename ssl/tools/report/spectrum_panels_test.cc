#include "ssl/tools/report/spectrum_panels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json Row(const char* feature, int block, const json& spectrum,
         bool norm = false) {
  return {{"task", "diagnostics"},
          {"setting", {{"feature", feature}, {"block", block}, {"norm", norm}}},
          {"covariance_spectrum", spectrum}};
}

TEST(SpectrumPanels, ShowTheLastBlockOfEachFeature) {
  const std::vector<RunResults> runs = {
      {"mae",
       {Row("mean", 1, {9, 8}), Row("mean", 5, {4, 2, 1}, true),
        Row("cls", 5, {3, 1}, true), Row("mean", 3, {7})}},
      {"m_mae", {Row("mean", 5, {5, 4}, true), {{"task", "knn"}}}}};
  const auto panels = SpectrumPanels(runs);
  ASSERT_EQ(panels.size(), 2);
  EXPECT_EQ(panels[0].title,
            "Covariance of the cls feature, block 5 after the norm");
  EXPECT_EQ(panels[1].title,
            "Covariance of the mean feature, block 5 after the norm");
  ASSERT_EQ(panels[1].curves.size(), 2);
  EXPECT_EQ(panels[1].curves[0].run, 0);
  EXPECT_THAT(panels[1].curves[0].values, ElementsAre(4, 2, 1));
  EXPECT_EQ(panels[1].curves[1].run, 1);
  EXPECT_THAT(panels[1].curves[1].values, ElementsAre(5, 4));
}

TEST(SpectrumPanels, TheLatestRowCountsAndDeadDimensionsEndIt) {
  const auto panels = SpectrumPanels(
      {{"mae", {Row("mean", 2, {9}), Row("mean", 2, {8, 1e-3, 0, -1e-9})}}});
  ASSERT_EQ(panels.size(), 1);
  EXPECT_THAT(panels[0].curves[0].values, ElementsAre(8, 1e-3));
}

TEST(SpectrumPanels, LeaveOutWhatTheyCannotRead) {
  EXPECT_TRUE(SpectrumPanels({{"a",
                               {Row("mean", 2, "none"),
                                Row("mean", 2, {0}),
                                {{"task", "diagnostics"}},
                                {{"task", "diagnostics"}, {"setting", 3}}}},
                              {"b", {}}})
                  .empty());
}

}  // namespace
}  // namespace caldera::ssl
