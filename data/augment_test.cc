#include "data/augment.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace caldera::data {
namespace {

at::Tensor Noise(int64_t channels, int64_t height, int64_t width) {
  at::Tensor image = at::empty({channels, height, width}, at::kByte);
  RandomStream stream(5, "test", 0, 0);
  uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
  for (int64_t i = 0; i < image.numel(); ++i) pixel[i] = stream.UniformInt(256);
  return image;
}

double Cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * kA - 4 * kA;
  return 0;
}
double Triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

// Pillow's rule for one line: the filter is stretched by the reduction, its
// weights normalised, and the result rounded to a byte.
std::vector<double> ResizeLine(const std::vector<double>& in, int64_t size,
                               const std::function<double(double)>& filter,
                               double radius) {
  const double scale = static_cast<double>(in.size()) / size;
  const double stretch = std::max(scale, 1.0);
  const double support = radius * stretch;
  std::vector<double> out;
  for (int64_t i = 0; i < size; ++i) {
    const double centre = (i + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(centre - support + 0.5, 0);
    const int64_t end = std::min<int64_t>(centre + support + 0.5, in.size());
    double sum = 0, weights = 0;
    for (int64_t j = begin; j < end; ++j) {
      const double weight = filter((j - centre + 0.5) / stretch);
      sum += weight * in[j];
      weights += weight;
    }
    out.push_back(std::clamp(std::round(sum / weights), 0.0, 255.0));
  }
  return out;
}

// image uint8 [C, H, W] -> [C][S][S], rows first as Pillow does.
std::vector<double> SlowResize(const at::Tensor& image, int64_t size,
                               RandomResizedCropSpec::Interpolation kind) {
  const bool cubic = kind == RandomResizedCropSpec::BICUBIC;
  const std::function<double(double)> filter = cubic ? Cubic : Triangle;
  std::vector<double> out;
  for (int64_t c = 0; c < image.size(0); ++c) {
    std::vector<std::vector<double>> rows;
    for (int64_t y = 0; y < image.size(1); ++y) {
      std::vector<double> row;
      for (int64_t x = 0; x < image.size(2); ++x) {
        row.push_back(image[c][y][x].item().toInt());
      }
      rows.push_back(ResizeLine(row, size, filter, cubic ? 2 : 1));
    }
    std::vector<std::vector<double>> columns;
    for (int64_t x = 0; x < size; ++x) {
      std::vector<double> column;
      for (const auto& row : rows) column.push_back(row[x]);
      columns.push_back(ResizeLine(column, size, filter, cubic ? 2 : 1));
    }
    for (int64_t y = 0; y < size; ++y) {
      for (int64_t x = 0; x < size; ++x) out.push_back(columns[x][y]);
    }
  }
  return out;
}

TEST(ApplyAugmentPlan, AgreesWithASlowResizeToOneLevel) {
  for (const int64_t channels : {1, 3}) {
    const at::Tensor planar = Noise(channels, 40, 50);
    const at::Tensor last =  // the same image, channels last in memory
        planar.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
    for (const auto kind :
         {RandomResizedCropSpec::BICUBIC, RandomResizedCropSpec::BILINEAR}) {
      // Smaller, larger, one direction each way, and the whole image.
      for (const AugmentPlan& plan : {AugmentPlan{3, 5, 31, 29, false, true},
                                      AugmentPlan{30, 40, 9, 7, false, true},
                                      AugmentPlan{0, 1, 10, 45, false, true},
                                      AugmentPlan{39, 49, 1, 1, false, true},
                                      AugmentPlan{0, 0, 40, 50, false, true}}) {
        const std::vector<double> expected =
            SlowResize(planar.narrow(1, plan.top, plan.height)
                           .narrow(2, plan.left, plan.width),
                       20, kind);
        for (const at::Tensor& image : {planar, last}) {
          const at::Tensor out = ApplyAugmentPlan(plan, kind, image, 20);
          ASSERT_EQ(out.sizes(), (at::IntArrayRef{channels, 20, 20}));
          ASSERT_TRUE(out.is_contiguous());
          const uint8_t* pixel = out.const_data_ptr<uint8_t>();
          for (int64_t i = 0; i < out.numel(); ++i) {
            ASSERT_NEAR(pixel[i], expected[i], 1)
                << channels << " channels, crop " << plan.height << "x"
                << plan.width << ", value " << i;
          }
        }
      }
    }
  }
}

TEST(ApplyAugmentPlan, FlipsAfterTheResize) {
  const at::Tensor image = Noise(3, 20, 24);
  for (const int64_t size : {11, 16}) {
    AugmentPlan plan{2, 3, 16, 16, false, true};
    const auto kind = RandomResizedCropSpec::BICUBIC;
    const at::Tensor straight = ApplyAugmentPlan(plan, kind, image, size);
    plan.flip = true;
    const at::Tensor flipped = ApplyAugmentPlan(plan, kind, image, size);
    EXPECT_TRUE(at::equal(flipped, straight.flip({2})));
    EXPECT_FALSE(at::equal(flipped, straight));
  }
}

TEST(ApplyAugmentPlan, CopiesWhatFits) {
  const at::Tensor image = Noise(1, 28, 28);
  AugmentPlan plan;
  const auto kind = RandomResizedCropSpec::BICUBIC;
  const at::Tensor copy = ApplyAugmentPlan(plan, kind, image, 28);
  EXPECT_TRUE(at::equal(copy, image));
  EXPECT_NE(copy.const_data_ptr(), image.const_data_ptr());
  // A crop of the final size is cut out, not filtered.
  plan = {1, 2, 9, 9, false, true};
  EXPECT_TRUE(at::equal(ApplyAugmentPlan(plan, kind, image, 9),
                        image.narrow(1, 1, 9).narrow(2, 2, 9)));
}

TEST(Resize, KeepsTheCentreSquare) {
  const at::Tensor image = Noise(3, 20, 30);
  EXPECT_TRUE(at::equal(Resize(image, 20), image.narrow(2, 5, 20)));
  const AugmentPlan square{0, 5, 20, 20, false, true};
  EXPECT_TRUE(at::equal(
      Resize(image, 8),
      ApplyAugmentPlan(square, RandomResizedCropSpec::BICUBIC, image, 8)));
  const at::Tensor fits = Noise(1, 8, 8);
  EXPECT_TRUE(Resize(fits, 8).is_same(fits));
}

TEST(DrawAugmentPlan, FlipsWithItsProbability) {
  for (const double probability : {0.0, 0.3, 1.0}) {
    AugmentSpec spec;
    spec.set_horizontal_flip(probability);
    int flips = 0;
    for (int i = 0; i < 10000; ++i) {
      RandomStream stream(1, "test", 0, i);
      const AugmentPlan plan = DrawAugmentPlan(spec, 28, 28, stream);
      EXPECT_FALSE(plan.crop);
      flips += plan.flip;
    }
    // Five standard errors; exactly none and all at the ends.
    EXPECT_NEAR(flips / 1e4, probability,
                5 * std::sqrt(probability * (1 - probability) / 1e4));
  }
}

TEST(DrawAugmentPlan, FlipDoesNotDependOnTheCrop) {
  AugmentSpec plain, crop;
  crop.mutable_random_resized_crop();
  for (int i = 0; i < 100; ++i) {
    RandomStream a(1, "test", 0, i), b(1, "test", 0, i);
    EXPECT_EQ(DrawAugmentPlan(plain, 28, 28, a).flip,
              DrawAugmentPlan(crop, 28, 28, b).flip);
  }
}

TEST(DrawAugmentPlan, CropsHaveTheirDistribution) {
  AugmentSpec spec;
  spec.mutable_random_resized_crop()->set_min_scale(0.2);
  spec.mutable_random_resized_crop()->set_max_scale(0.5);
  constexpr int kCount = 20000;
  double area = 0, log_ratio = 0, top = 0, left = 0;
  for (int i = 0; i < kCount; ++i) {
    RandomStream stream(1, "test", 0, i);
    const AugmentPlan plan = DrawAugmentPlan(spec, 400, 400, stream);
    ASSERT_TRUE(plan.crop);
    ASSERT_GE(plan.top, 0);
    ASSERT_GE(plan.left, 0);
    ASSERT_LE(plan.top + plan.height, 400);
    ASSERT_LE(plan.left + plan.width, 400);
    const double share = plan.height * plan.width / 160000.0;
    const double ratio = static_cast<double>(plan.width) / plan.height;
    ASSERT_NEAR(share, 0.35, 0.155);  // in [0.2, 0.5] but for rounding
    ASSERT_GT(ratio, 0.74);
    ASSERT_LT(ratio, 1.35);
    area += share;
    log_ratio += std::log(ratio);
    top += plan.top / (400.0 - plan.height);
    left += plan.left / (400.0 - plan.width);
  }
  // Every draw fits, so area is uniform and the ratio log-uniform. Tolerances
  // are five standard errors, and a little for rounding to pixels.
  const double root = std::sqrt(12.0 * kCount);
  EXPECT_NEAR(area / kCount, 0.35, 5 * 0.3 / root + 1e-4);
  EXPECT_NEAR(log_ratio / kCount, 0, 5 * 2 * std::log(4. / 3) / root + 1e-4);
  EXPECT_NEAR(top / kCount, 0.5, 5 / root + 1e-3);
  EXPECT_NEAR(left / kCount, 0.5, 5 / root + 1e-3);
}

TEST(DrawAugmentPlan, FallsBackToTheCentre) {
  AugmentSpec spec;
  RandomResizedCropSpec& crop = *spec.mutable_random_resized_crop();
  crop.set_min_scale(1);  // never fits an image this long
  RandomStream stream(1, "test", 0, 0);
  AugmentPlan plan = DrawAugmentPlan(spec, 30, 300, stream);
  EXPECT_EQ(plan.height, 30);
  EXPECT_EQ(plan.width, 40);
  EXPECT_EQ(plan.left, 130);
  plan = DrawAugmentPlan(spec, 300, 30, stream);
  EXPECT_EQ(plan.height, 40);
  EXPECT_EQ(plan.width, 30);
  EXPECT_EQ(plan.top, 130);
  // The smallest image and a ratio that it cannot have.
  crop.set_min_ratio(3);
  crop.set_max_ratio(4);
  plan = DrawAugmentPlan(spec, 1, 1, stream);
  EXPECT_EQ(plan.height, 1);
  EXPECT_EQ(plan.width, 1);
}

}  // namespace
}  // namespace caldera::data
