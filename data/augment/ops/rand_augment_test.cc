#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data/augment/pixel_op/draws_testing.h"

namespace caldera::data {
namespace {

TEST(RandAugment, HasTimmsOperationsAndMagnitudes) {
  std::map<std::string, int> seen;
  double rotation = 0;
  int left = 0;
  ForEachDraw("rand_augment {}", [&](const std::vector<PixelOp>& ops) {
    ASSERT_LE(ops.size(), 2);
    for (const PixelOp& op : ops) {
      ++seen[op.kind->name];
      if (op.kind->name == "rotate") {
        rotation += std::abs(op.amount);
        left += op.amount > 0;
      }
      // From timm at magnitudes 0 to 10.
      const std::map<std::string, std::pair<double, double>> ranges = {
          {"rotate", {-30, 30}},         {"posterize", {0, 4}},
          {"solarize", {0, 256}},        {"solarize_add", {0, 110}},
          {"saturation", {0.1, 1.9}},    {"shear_x", {-0.3, 0.3}},
          {"translate_y", {-0.45, 0.45}}};
      const auto range = ranges.find(op.kind->name);
      if (range == ranges.end()) continue;
      EXPECT_GE(op.amount, range->second.first);
      EXPECT_LE(op.amount, range->second.second);
    }
  });
  ASSERT_EQ(seen.size(), 15);
  for (const auto& [kind, n] : seen) {
    EXPECT_NEAR(n / double{kDraws}, 1. / 15, 2 * ShareError(1. / 15)) << kind;
  }
  // 9 +- 0.5 of 10, of 30 degrees, either way.
  EXPECT_NEAR(rotation / seen["rotate"], 27, 0.3);
  EXPECT_NEAR(left / double(seen["rotate"]), 0.5, 0.08);
}

TEST(RandAugment, WithoutSpreadEveryMagnitudeIsKnown) {
  std::set<std::pair<std::string, double>> seen;
  ForEachDraw("rand_augment { num_ops: 1 probability: 1 magnitude_std: 0 }",
              [&](const std::vector<PixelOp>& ops) {
                seen.insert({ops[0].kind->name, ops[0].amount});
              });
  for (const auto& [kind, amount] :
       std::vector<std::pair<std::string, double>>{{"rotate", -27},
                                                   {"posterize", 1},
                                                   {"solarize", 26},
                                                   {"solarize_add", 99},
                                                   {"brightness", 1.81},
                                                   {"equalize", 0}}) {
    EXPECT_EQ(seen.count({kind, amount}), 1) << kind << " " << amount;
  }
  EXPECT_EQ(seen.size(), 24);  // nine have two signs
}

}  // namespace
}  // namespace caldera::data
