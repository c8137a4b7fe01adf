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

}  // namespace
}  // namespace caldera::ssl
