#include "data/augment/augment.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <utility>
#include <vector>

#include "base/random_stream.h"
#include "base/spec_fields.h"
#include "data/augment/pixel_op/pixel_op_part.h"
#include "data/augment/resample.h"
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

// Resizes the whole image and then cuts, which is what a plan means.
at::Tensor Slow(const AugmentPlan& plan, const at::Tensor& image,
                int64_t size) {
  const int64_t height = plan.resized_height, width = plan.resized_width;
  const at::Tensor resized =
      at::empty({image.size(0), height, width}, at::kByte);
  Resample({image.const_data_ptr<uint8_t>(), image.size(0), image.size(1),
            image.size(2), image.stride(0), image.stride(1), image.stride(2)},
           plan.filter, height, width, resized.mutable_data_ptr<uint8_t>());
  at::Tensor out = at::zeros({image.size(0), size, size}, at::kByte);
  for (int64_t y = 0; y < size; ++y) {
    for (int64_t x = 0; x < size; ++x) {
      const int64_t row =
          MirroredIndex(plan.top + y, height, plan.padding_mode);
      const int64_t column =
          MirroredIndex(plan.left + x, width, plan.padding_mode);
      if (row < 0 || column < 0) continue;
      out.select(1, y).select(1, x).copy_(
          resized.select(1, row).select(1, column));
    }
  }
  return plan.flip ? out.flip({2}) : out;
}

AugmentSpec Geometry(const std::string& text) {
  AugmentSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return spec;
}

constexpr const char* kGeometries[] = {
    "",
    "center_crop {}",
    "center_crop { share: 0.01 }",
    "random_crop {}",
    "random_crop { padding: 40 padding_mode: ZERO }",
    "random_resized_crop {}",
    "random_resized_crop { min_ratio: 0.001 max_ratio: 1000 }"};

TEST(ApplyAugmentPlan, APartOfALongImageIsThatOfTheWhole) {
  constexpr int64_t kSize = 12;
  int parts = 0;
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 90},
                                                {90, 1},
                                                {3, 400},
                                                {400, 3},
                                                {30, 2500},
                                                {2500, 30},
                                                {12, 1200},
                                                {1200, 12},
                                                {40, 50}}) {
    const at::Tensor planar = Noise(3, height, width);
    const at::Tensor last =  // the same image, channels last in memory
        planar.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
    for (const char* text : kGeometries) {
      const AugmentSpec spec = Geometry(text);
      if (spec.has_random_resized_crop()) continue;  // nothing is left out
      for (int draw = 0; draw < 8; ++draw) {
        base::RandomStream stream(1, "test", 0, draw);
        const AugmentPlan plan =
            DrawAugmentPlan(Augmentation(spec), height, width, {kSize}, stream);
        if (plan.down.in == 0) continue;
        // The whole of the others takes long.
        if (plan.resized_height * plan.resized_width > 1 << 20) continue;
        ++parts;
        SCOPED_TRACE(testing::Message()
                     << height << " x " << width << " " << text);
        const at::Tensor expected = Slow(plan, planar, kSize);
        EXPECT_TRUE(at::equal(ApplyAugmentPlan(plan, planar, kSize), expected));
        EXPECT_TRUE(at::equal(ApplyAugmentPlan(plan, last, kSize), expected));
      }
    }
  }
  EXPECT_GT(parts, 100);
}

int64_t PeakKilobytes() {
  struct rusage usage;
  EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_maxrss;
}

// 8000 x 1 pixels took 3 GB.
TEST(ApplyAugmentPlan, ThinImagesTakeTheMemoryOfTheirView) {
  constexpr int64_t kSize = 224;
  at::Tensor view = at::empty({3, kSize, kSize}, at::kByte);
  ApplyAugmentPlanTo(FitPlan(300, 300, kSize), Noise(3, 300, 300), view);
  const int64_t before = PeakKilobytes();
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1},
                                                {1, 8000},
                                                {8000, 1},
                                                {2, 30000},
                                                {30000, 2},
                                                {1, 1 << 20},
                                                {1 << 20, 1},
                                                {300, 20000},
                                                {300, 300}}) {
    for (const char* text : kGeometries) {
      for (int draw = 0; draw < 4; ++draw) {
        base::RandomStream stream(1, "test", 0, draw);
        const AugmentPlan plan = DrawAugmentPlan(
            Augmentation(Geometry(text)), height, width, {kSize}, stream);
        const Rectangle& crop = plan.crop;
        EXPECT_LE(crop.top + crop.height, height);
        EXPECT_LE(crop.left + crop.width, width);
        ApplyAugmentPlanTo(plan,
                           at::zeros({1, 1, 1}, at::kByte)
                               .expand({3, crop.height, crop.width}),
                           view);
      }
    }
  }
  EXPECT_LT(PeakKilobytes() - before, 64 << 10);
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
