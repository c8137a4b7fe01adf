#include "ssl/corruption/pixel_range.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace caldera::ssl {
namespace {

TEST(PixelRange, IsThatOfNormalisedZerosAndOnes) {
  const PixelRange range = RangeOf({0.5, 0.25}, {0.1, 0.5});
  ASSERT_EQ(range.black.size(), 2);
  EXPECT_DOUBLE_EQ(range.black[0], -5);
  EXPECT_DOUBLE_EQ(range.white[0], 5);
  EXPECT_DOUBLE_EQ(range.black[1], -0.5);
  EXPECT_DOUBLE_EQ(range.white[1], 1.5);
}

TEST(PixelRange, CutsEachChannelToItsOwn) {
  const at::Tensor images = at::randn({2, 2, 6, 6}, at::kDouble);
  const PixelRange range = {{-0.5, -1}, {0.25, 2}};
  const at::Tensor cut = CutToPixels(images, range);
  ASSERT_EQ(cut.sizes(), images.sizes());
  int64_t changed = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t c = 0; c < 2; ++c) {
      for (int64_t i = 0; i < 36; ++i) {
        const double v = images[b][c][i / 6][i % 6].item<double>();
        const double expected = v < range.black[c]   ? range.black[c]
                                : v > range.white[c] ? range.white[c]
                                                     : v;
        EXPECT_EQ(cut[b][c][i / 6][i % 6].item<double>(), expected);
        changed += expected != v ? 1 : 0;
      }
    }
  }
  EXPECT_GT(changed, 10);
}

}  // namespace
}  // namespace caldera::ssl
