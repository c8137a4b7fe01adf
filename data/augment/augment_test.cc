#include "data/augment/augment.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random_stream.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "data/augment/resize.h"

namespace caldera::data {
namespace {

at::Tensor Noise(int64_t channels, int64_t height, int64_t width) {
  at::Tensor image = at::empty({channels, height, width}, at::kByte);
  base::RandomStream stream(5, "test", 0, 0);
  uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < image.numel(); ++i) pixel[i] = stream.UniformInt(256);
  return image;
}

AugmentPlan Crop(const Rectangle& crop, int64_t size) {
  AugmentPlan plan;
  plan.crop = crop;
  plan.resized_height = plan.resized_width = size;
  return plan;
}

TEST(ApplyAugmentPlan, CropsResizesThenFlips) {
  const at::Tensor image = Noise(3, 20, 24);
  for (const Filter filter : {Filter::kBicubic, Filter::kBilinear}) {
    for (const int64_t size : {11, 16}) {
      AugmentPlan plan = Crop({2, 3, 16, 15}, size);
      plan.filter = filter;
      const at::Tensor straight = ApplyAugmentPlan(plan, image, size);
      const at::Tensor expected = at::empty({3, size, size}, at::kByte);
      ResizeTo(image.narrow(1, 2, 16).narrow(2, 3, 15), filter, expected);
      EXPECT_TRUE(at::equal(straight, expected));
      plan.flip = true;
      const at::Tensor flipped = ApplyAugmentPlan(plan, image, size);
      EXPECT_TRUE(at::equal(flipped, straight.flip({2})));
      EXPECT_FALSE(at::equal(flipped, straight));
    }
  }
}

TEST(ApplyAugmentPlan, CopiesWhatFits) {
  const at::Tensor image = Noise(1, 28, 28);
  const at::Tensor copy = ApplyAugmentPlan(FitPlan(28, 28, 28), image, 28);
  EXPECT_TRUE(at::equal(copy, image));
  EXPECT_NE(copy.const_data_ptr(), image.const_data_ptr());
  // A crop of the final size is cut out, not filtered.
  EXPECT_TRUE(at::equal(ApplyAugmentPlan(Crop({1, 2, 9, 9}, 9), image, 9),
                        image.narrow(1, 1, 9).narrow(2, 2, 9)));
}

// Every place of the padded image, by NumPy's definition of the modes.
TEST(ApplyAugmentPlan, PadsWhereTheSquareReachesOver) {
  const at::Tensor image = Noise(1, 6, 7);
  for (const auto mode : {RandomCropSpec::ZERO, RandomCropSpec::REFLECT}) {
    AugmentPlan plan = Crop({0, 0, 6, 7}, 0);
    plan.resized_height = 6;
    plan.resized_width = 7;
    plan.padding_mode = mode;
    for (plan.top = -4; plan.top <= 4; ++plan.top) {
      for (plan.left = -4; plan.left <= 5; ++plan.left) {
        const at::Tensor out = ApplyAugmentPlan(plan, image, 6);
        for (int64_t y = 0; y < 6; ++y) {
          for (int64_t x = 0; x < 6; ++x) {
            int64_t row = plan.top + y, column = plan.left + x;
            int expected = 0;
            if (mode == RandomCropSpec::REFLECT) {
              row = row < 0 ? -row : row > 5 ? 10 - row : row;
              column = column < 0 ? -column : column > 6 ? 12 - column : column;
            }
            if (row >= 0 && row < 6 && column >= 0 && column < 7) {
              expected = image[0][row][column].item().toInt();
            }
            ASSERT_EQ(out[0][y][x].item().toInt(), expected)
                << plan.top << ", " << plan.left << ": " << y << ", " << x;
          }
        }
      }
    }
  }
}

TEST(ApplyAugmentPlan, DoesItsOperationsInOrder) {
  const at::Tensor image = Noise(3, 8, 8);
  AugmentPlan plan = FitPlan(8, 8, 8);
  plan.ops = {PixelOpPart::Make("invert"),
              PixelOpPart::Make("solarize_add", 100)};
  const at::Tensor out = ApplyAugmentPlan(plan, image, 8);
  for (int64_t i = 0; i < out.numel(); ++i) {
    const int inverted = 255 - image.const_data_ptr<uint8_t>()[i];
    EXPECT_EQ(out.const_data_ptr<uint8_t>()[i],
              inverted < 128 ? inverted + 100 : inverted);
  }
}

}  // namespace
}  // namespace caldera::data
