#include "data/decode/scale_bits.h"

#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(ScaleToByte, FillsTheRangeWithEveryDepth) {
  for (int bits = 1; bits <= 16; ++bits) {
    const uint32_t largest = (1 << bits) - 1;
    EXPECT_EQ(ScaleToByte(0, bits), 0) << bits;
    EXPECT_EQ(ScaleToByte(largest, bits), 255) << bits;
    for (uint32_t sample = 1; sample <= largest; ++sample) {
      ASSERT_GE(ScaleToByte(sample, bits), ScaleToByte(sample - 1, bits));
    }
    EXPECT_EQ(ScaleToByte(largest + 1, bits), 255) << bits;
    EXPECT_EQ(ScaleToByte(65535, bits), 255) << bits;
  }
}

TEST(ScaleToByte, KeepsTheHighBits) {
  EXPECT_EQ(ScaleToByte(0x1234, 16), 0x12);
  EXPECT_EQ(ScaleToByte(0x123, 12), 0x12);
  EXPECT_EQ(ScaleToByte(77, 8), 77);
  EXPECT_EQ(ScaleToByte(1, 2), 85);
}

}  // namespace
}  // namespace caldera::data
