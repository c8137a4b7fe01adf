#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "data/augment/pixel_op/draws_testing.h"

namespace caldera::data {
namespace {

TEST(ThreeAugment, TakesOneOfThree) {
  for (const bool deit : {true, false}) {
    std::map<std::string, int> seen;
    ForEachDraw(
        deit ? "three_augment {}" : "three_augment { variant: TINY_IMAGENET }",
        [&](const std::vector<PixelOp>& ops) {
          ASSERT_EQ(ops.size(), 1);
          const PixelOp& op = ops[0];
          ++seen[op.kind->name];
          if (op.kind->name == "solarize") {
            EXPECT_EQ(op.amount, deit ? 128 : 0);
          } else if (op.kind->name != "grayscale") {
            EXPECT_GE(op.amount, deit ? 0.1 : 0.03);
            EXPECT_LT(op.amount, deit ? 2.0 : 0.57);
            EXPECT_EQ(op.more[0], deit ? 0 : 3);  // the taps
          }
        });
    ASSERT_EQ(seen.size(), 3);
    EXPECT_EQ(seen.count("gaussian_blur"), 1);
    for (const auto& [kind, n] : seen) {
      EXPECT_NEAR(n / double{kDraws}, 1. / 3, ShareError(1. / 3)) << kind;
    }
  }
}

}  // namespace
}  // namespace caldera::data
