#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "data/augment/pixel_op/draws_testing.h"

namespace caldera::data {
namespace {

TEST(ColorJitter, DrawsFactorsAndOrder) {
  std::map<std::vector<std::string>, int> orders;
  std::map<std::string, double> sum, low, high;
  ForEachDraw(
      "color_jitter { probability: 0.8 brightness: 0.8 contrast: 0.4 "
      "saturation: 1.5 hue: 0.2 }",
      [&](const std::vector<PixelOp>& ops) {
        std::vector<std::string> order;
        for (const PixelOp& op : ops) {
          const std::string& name = op.kind->name;
          order.push_back(name);
          sum[name] += op.amount;
          if (low.count(name) == 0) low[name] = high[name] = op.amount;
          low[name] = std::min(low[name], op.amount);
          high[name] = std::max(high[name], op.amount);
        }
        ++orders[order];
      });
  ASSERT_EQ(orders.size(), 25);  // all of them, or none
  for (const auto& [order, n] : orders) {
    const double p = order.empty() ? 0.2 : 0.8 / 24;
    EXPECT_NEAR(n / double{kDraws}, p, ShareError(p));
  }
  struct Range {
    const char* kind;
    double low, high;
  };
  for (const Range& r : {Range{"brightness", 0.2, 1.8},
                         {"contrast", 0.6, 1.4},
                         {"saturation", 0, 2.5},
                         {"hue", -0.2, 0.2}}) {
    const double width = r.high - r.low;
    EXPECT_GE(low[r.kind], r.low);
    EXPECT_LE(high[r.kind], r.high);
    EXPECT_LT(low[r.kind], r.low + 0.01 * width);
    EXPECT_GT(high[r.kind], r.high - 0.01 * width);
    EXPECT_NEAR(sum[r.kind] / (0.8 * kDraws), (r.low + r.high) / 2,
                0.02 * width);
  }
}

TEST(ColorJitter, LeavesOutWhatIsZero) {
  ForEachDraw("color_jitter { saturation: 0 hue: 0 probability: 1 }",
              [](const std::vector<PixelOp>& ops) {
                ASSERT_EQ(ops.size(), 2);
                const std::string &a = ops[0].kind->name,
                                  &b = ops[1].kind->name;
                EXPECT_EQ(std::min(a, b), "brightness");
                EXPECT_EQ(std::max(a, b), "contrast");
              });
}

}  // namespace
}  // namespace caldera::data
