#include "ssl/tools/report/curve_panels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Curve Values(std::vector<double> values) {
  Curve curve;
  for (const double value : values) {
    curve.step.push_back(static_cast<int64_t>(curve.step.size()));
    curve.epoch.push_back(static_cast<double>(curve.step.size()));
    curve.value.push_back(value);
  }
  return curve;
}

std::vector<std::string> Keys(const PanelGroup& group) {
  std::vector<std::string> keys;
  for (const Panel& panel : group.panels) keys.push_back(panel.key);
  return keys;
}

TEST(CurvePanels, GroupsWhatRunsLogged) {
  const RunCourse mae{"mae",
                      {{"loss", Values({3, 2})},
                       {"lr", Values({1, 0})},
                       {"reconstruction", Values({3, 2})},
                       {"reconstruction.weight", Values({1, 1})},
                       {"speed/images_per_second", Values({900})}}};
  const RunCourse magma{"m_mae",
                        {{"loss", Values({3})},
                         {"magma", Values({0.5, 0.6})},
                         {"magma.weight", Values({0.01, 0})},
                         {"magma.4_5/mean_degree", Values({9})},
                         {"empty", Curve()},
                         {"online.knn_top1", Values({80})}}};
  const auto groups = CurvePanels({&mae, &magma});
  ASSERT_EQ(groups.size(), 4);
  EXPECT_EQ(groups[0].title, "Loss");
  EXPECT_THAT(Keys(groups[0]), ElementsAre("loss", "magma", "reconstruction"));
  EXPECT_THAT(Keys(groups[1]), ElementsAre("online.knn_top1"));
  EXPECT_THAT(Keys(groups[2]),
              ElementsAre("lr", "magma.weight", "speed/images_per_second"));
  EXPECT_THAT(Keys(groups[3]), ElementsAre("magma.4_5/mean_degree"));
  ASSERT_EQ(groups[0].panels[0].curves.size(), 2);
  EXPECT_EQ(groups[0].panels[1].curves.size(), 1);
  EXPECT_EQ(groups[0].panels[1].curves[0].run, 1);
  EXPECT_THAT(groups[0].panels[1].curves[0].curve->value,
              ElementsAre(0.5, 0.6));
  EXPECT_EQ(groups[3].panels[0].title, "Mean degree of the graph");
  EXPECT_EQ(groups[2].panels[1].title, "Weight of magma");
}

TEST(CurvePanels, NothingLogged) {
  const RunCourse none{"none", {}};
  EXPECT_THAT(CurvePanels({&none}), IsEmpty());
}

Curve Wave(int points) {
  Curve curve;
  for (int i = 0; i < points; ++i) {
    curve.step.push_back(10 * i);
    curve.epoch.push_back(0.1 * i);
    curve.value.push_back(std::sin(0.01 * i));
  }
  return curve;
}

TEST(ThinCurve, ShortOnesStay) {
  EXPECT_EQ(ThinCurve(Wave(40), 40).step, Wave(40).step);
  EXPECT_TRUE(ThinCurve(Curve(), 4).step.empty());
}

TEST(ThinCurve, KeepsEndsAndSpikes) {
  Curve curve = Wave(100000);
  curve.value[77777] = 1000;
  curve.value[77778] = -1000;
  const Curve thin = ThinCurve(curve, 400);
  EXPECT_LE(thin.value.size(), 400);
  EXPECT_GE(thin.value.size(), 390);
  EXPECT_EQ(thin.step.front(), 0);
  EXPECT_EQ(thin.step.back(), 999990);
  EXPECT_TRUE(std::is_sorted(thin.step.begin(), thin.step.end()));
  EXPECT_EQ(*std::max_element(thin.value.begin(), thin.value.end()), 1000);
  EXPECT_EQ(*std::min_element(thin.value.begin(), thin.value.end()), -1000);
  for (size_t i = 0; i < thin.step.size(); ++i) {  // points of the curve itself
    const int64_t at = thin.step[i] / 10;
    EXPECT_EQ(thin.value[i], curve.value[at]);
    EXPECT_EQ(thin.epoch[i], curve.epoch[at]);
  }
}

TEST(ThinCurve, AFlatStretchKeepsOnePoint) {
  Curve flat = Wave(9);
  std::fill(flat.value.begin(), flat.value.end(), 2);
  EXPECT_THAT(ThinCurve(flat, 6).value, ElementsAre(2, 2, 2, 2));
}

}  // namespace
}  // namespace caldera::ssl
