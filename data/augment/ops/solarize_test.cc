#include <gtest/gtest.h>

#include <vector>

#include "base/check_ranges.h"
#include "data/augment/ops/solarize.pb.h"
#include "data/augment/pixel_op/draws_testing.h"

namespace caldera::data {
namespace {

TEST(Solarize, InvertsFromTheThresholdOn) {
  std::vector<uint8_t> bytes = {0, 99, 100, 255};
  PixelOpPart::Make("solarize", 100).ApplyTo({bytes.data(), 1, 2, 2});
  EXPECT_EQ(bytes, (std::vector<uint8_t>{0, 99, 155, 0}));
}

TEST(Solarize, IsDrawnWithItsProbability) {
  int count = 0;
  ForEachDraw("solarize { probability: 0.3 threshold: 7 }",
              [&](const std::vector<PixelOp>& ops) {
                for (const PixelOp& op : ops) EXPECT_EQ(op.amount, 7);
                count += static_cast<int>(ops.size());
              });
  EXPECT_NEAR(count / double{kDraws}, 0.3, ShareError(0.3));
}

TEST(Solarize, HasDefaultsAndRanges) {
  AugmentSpec spec;
  ASSERT_TRUE(base::ParseSpec("solarize {}", &spec));
  EXPECT_EQ(spec.GetExtension(solarize).probability(), 0.1);
  EXPECT_EQ(spec.GetExtension(solarize).threshold(), 128);
  spec.MutableExtension(solarize)->set_threshold(257);
  EXPECT_EQ(base::CheckRanges(spec).message(),
            "solarize.threshold: 257 is not in [0, 256]; it is the lowest "
            "value that is inverted");
}

}  // namespace
}  // namespace caldera::data
