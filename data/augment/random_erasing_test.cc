#include "data/augment/random_erasing.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::data {
namespace {

TEST(DrawErasing, HasItsProbabilityAreaAndRatio) {
  const RandomErasingSpec spec;
  int erased = 0;
  double log_ratio = 0;
  for (int i = 0; i < 10000; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    const auto drawn = DrawErasing(spec, 200, 200, stream);
    if (!drawn.has_value()) continue;
    ++erased;
    ASSERT_LE(drawn->top + drawn->height, 200);
    ASSERT_LE(drawn->left + drawn->width, 200);
    const double area = drawn->height * drawn->width / 40000.0;
    ASSERT_TRUE(area > 0.019 && area < 0.336) << area;
    const double ratio = static_cast<double>(drawn->height) / drawn->width;
    ASSERT_TRUE(ratio > 0.28 && ratio < 3.5) << ratio;
    log_ratio += std::log(ratio);
  }
  EXPECT_NEAR(erased / 1e4, 0.25, 0.022);
  EXPECT_NEAR(log_ratio / erased, 0, 0.07);  // five standard errors
}

TEST(EraseRandomly, WritesUnitNoiseIntoTheRectangleAlone) {
  RandomErasingSpec spec;
  spec.set_probability(1);
  const at::Tensor images = at::full({8, 3, 60, 50}, 9.0f);
  const at::Tensor index = at::arange(8) * 3;
  EraseRandomly(spec, 5, 2, 0, index, images);
  for (int64_t b = 0; b < 8; ++b) {
    base::RandomStream stream(5, "erase", 2, 3 * b);
    const Rectangle box = *DrawErasing(spec, 60, 50, stream);
    const at::Tensor inside =
        images[b].narrow(1, box.top, box.height).narrow(2, box.left, box.width);
    const double n = static_cast<double>(inside.numel());
    EXPECT_NEAR(inside.mean().item<float>(), 0, 5 / std::sqrt(n));
    EXPECT_NEAR(inside.square().mean().item<float>(), 1, 5 * std::sqrt(2 / n));
    EXPECT_EQ((images[b] != 9).sum().item<int64_t>(), inside.numel());
  }
  // An image is erased alike at any position of the batch.
  const at::Tensor one = at::full({1, 3, 60, 50}, 9.0f);
  EraseRandomly(spec, 5, 2, 0, index.narrow(0, 6, 1), one);
  EXPECT_TRUE(at::equal(one[0], images[6]));
  // Views and the copies of an image differ.
  const at::Tensor copies = at::full({2, 3, 60, 50}, 9.0f);
  EraseRandomly(spec, 5, 2, 0, at::full({2}, 18), copies);
  EXPECT_TRUE(at::equal(copies[0], images[6]));
  EXPECT_FALSE(at::equal(copies[1], copies[0]));
  const at::Tensor view = at::full({1, 3, 60, 50}, 9.0f);
  EraseRandomly(spec, 5, 2, 1, index.narrow(0, 6, 1), view);
  EXPECT_FALSE(at::equal(view[0], images[6]));
}

}  // namespace
}  // namespace caldera::data
