// Tests that masks have the colours of their names.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/fft_fft2.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kSide = 32, kMasks = 1024;

// Returns the mean power of the visible patches' pattern at frequencies of a
// length in [from, to), over the masks; white noise would have 1 in each band.
struct Bands {
  double low, middle, high;
};

Bands Spectrum(const MaskingSpec& spec) {
  const auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  const Mask mask = (*sampler)->Sample(
      {{kSide, kSide}, 0.75, {1, 0}, at::arange(kMasks, at::kLong), {}});
  const at::Tensor visible = 0.25 - (mask.mask - 0.75).view({-1, kSide, kSide});
  const at::Tensor power = at::fft_fft2(visible - visible.mean({1, 2}, true))
                               .abs()
                               .square()
                               .mean(0) /
                           (0.25 * 0.75 * kSide * kSide);  // [32, 32]
  const auto mean = [&](double from, double to) {
    double sum = 0;
    int count = 0;
    for (int64_t y = 0; y < kSide; ++y) {
      for (int64_t x = 0; x < kSide; ++x) {
        const double length = std::hypot(std::min(y, kSide - y),  //
                                         std::min(x, kSide - x));
        if (length < from || length >= to) continue;
        sum += power[y][x].item<double>();
        ++count;
      }
    }
    return sum / count;
  };
  return {mean(0.5, 3), mean(4, 8), mean(13, 23)};
}

MaskingSpec Colored(ColorMaskSpec::Color color) {
  MaskingSpec spec;
  spec.mutable_color()->set_color(color);
  return spec;
}

TEST(ColorMask, HasTheSpectrumOfItsColor) {
  const Bands white = Spectrum({});
  for (const double power : {white.low, white.middle, white.high}) {
    EXPECT_NEAR(power, 1, 0.05);
  }
  // A mask has only two values, which spreads a part of the power evenly.
  const Bands red = Spectrum(Colored(ColorMaskSpec::RED));
  EXPECT_GT(red.low, 2 * red.middle);
  EXPECT_GT(red.middle, 2 * red.high);
  const Bands green = Spectrum(Colored(ColorMaskSpec::GREEN));
  EXPECT_GT(green.middle, 2 * green.low);
  EXPECT_GT(green.middle, 2 * green.high);
  const Bands blue = Spectrum(Colored(ColorMaskSpec::BLUE));
  EXPECT_GT(blue.high, 1.5 * blue.middle);
  EXPECT_GT(blue.middle, 1.1 * blue.low);
  const Bands purple = Spectrum(Colored(ColorMaskSpec::PURPLE));
  EXPECT_GT(purple.low, 1.3 * purple.middle);
  EXPECT_GT(purple.high, 1.3 * purple.middle);
}

// The noise extends beyond all borders equally: a patch stays as often as its
// mirror images.
TEST(ColorMask, FavoursNoSide) {
  for (const auto color : {ColorMaskSpec::RED, ColorMaskSpec::GREEN,
                           ColorMaskSpec::BLUE, ColorMaskSpec::PURPLE}) {
    const auto sampler = MaskSamplerPart::Create(Colored(color));
    const int64_t images = 20000;
    const Mask mask = (*sampler)->Sample(
        {{5, 4}, 0.75, {3, 0}, at::arange(images, at::kLong), {}});
    const at::Tensor share = (1 - mask.mask).mean(0).view({5, 4});
    for (const int64_t side : {0, 1}) {
      // Standard deviation: below sqrt(2 * .25 * .75 / 20000) = 0.0044.
      EXPECT_LT((share - share.flip(side)).abs().max().item<double>(),
                4 * 0.0044);
    }
  }
}

TEST(ColorMask, RefusesFiltersWithoutABand) {
  MaskingSpec spec;
  const auto error = [&](double narrow, double wide) {
    spec.mutable_color()->set_narrow(narrow);
    spec.mutable_color()->set_wide(wide);
    return std::string(MaskSamplerPart::Create(spec).status().message());
  };
  EXPECT_EQ(error(1, 2), "");
  EXPECT_THAT(error(2, 1.6),
              testing::StartsWith(
                  "color.narrow: 2 is not in [0.3, 1.6); it counts patches "
                  "and stays below masking.color.wide"));
  EXPECT_THAT(error(0, 1.6), testing::StartsWith("color.narrow: 0"));
  EXPECT_THAT(error(1, 1000), testing::StartsWith("color.wide: 1000"));
  EXPECT_THAT(error(1, std::numeric_limits<double>::quiet_NaN()),
              testing::StartsWith("color.wide: nan"));
}

}  // namespace
}  // namespace caldera::ssl
