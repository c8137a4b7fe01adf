#include "base/draw/axis_ticks.h"

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::base {
namespace {

using Labels = std::vector<std::string>;

TEST(AxisTicksTest, AreRound) {
  EXPECT_EQ(RoundTicks(0.13, 2.4, 5).labels,
            Labels({"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}));
  EXPECT_EQ(RoundTicks(0, 100, 5).labels,
            Labels({"0", "20", "40", "60", "80", "100"}));
  EXPECT_EQ(RoundTicks(-1, 1, 4).labels,
            Labels({"-1.0", "-0.5", "0.0", "0.5", "1.0"}));
  EXPECT_EQ(RoundTicks(0.843, 0.862, 4).labels,
            Labels({"0.840", "0.845", "0.850", "0.855", "0.860", "0.865"}));
}

TEST(AxisTicksTest, EncloseEveryRange) {
  for (const double low : {-1e308, -3e7, -1.0, 0.0, 1e-308, 1e-5, 7.0, 1e300}) {
    for (const double span : {0.0, 1e-300, 1e-12, 0.3, 12.0, 1e9, 1e308}) {
      const AxisTicks ticks = RoundTicks(low, low + span, 6);
      ASSERT_GE(ticks.values.size(), 2) << low << " " << span;
      EXPECT_LE(ticks.values.size(), 15) << low << " " << span;
      EXPECT_EQ(ticks.values.size(), ticks.labels.size());
      EXPECT_TRUE(std::isfinite(ticks.values.front()));
      EXPECT_LT(ticks.values.front(), ticks.values.back());
      const double slack = 1e-6 * (ticks.values.back() - ticks.values.front());
      if (std::abs(low) < 1e299 && span < 1e299) {
        EXPECT_LE(ticks.values.front(), low + slack);
        EXPECT_GE(ticks.values.back(), low + span - slack);
      }
    }
  }
}

}  // namespace
}  // namespace caldera::base
