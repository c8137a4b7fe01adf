#include "data/augment/normalize.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(Normalize, IsTheFormulaRoundedOnce) {
  const at::Tensor images =  // [2, 3, 16, 16]: each channel sees each value
      at::arange(2 * 3 * 256, at::kLong)
          .remainder(256)
          .to(at::kByte)
          .view({2, 3, 16, 16});
  const std::vector<double> mean = {0.485, 0.456, 0.406};
  const std::vector<double> std = {0.229, 0.224, 0.225};
  const at::Tensor out = Normalize(images, mean, std);
  ASSERT_EQ(out.scalar_type(), at::kFloat);
  ASSERT_EQ(out.sizes(), images.sizes());
  const uint8_t* from = images.const_data_ptr<uint8_t>();
  const float* to = out.const_data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) {
    const int64_t c = i / 256 % 3;
    ASSERT_EQ(to[i], static_cast<float>((from[i] / 255.0 - mean[c]) / std[c]));
  }
}

TEST(Normalize, TakesAnyStrides) {
  const at::Tensor images = at::arange(120, at::kLong)
                                .to(at::kByte)
                                .view({2, 4, 5, 3})
                                .permute({0, 3, 1, 2});  // [2, 3, 4, 5]
  const std::vector<double> mean = {0.1, 0.2, 0.3}, std = {1, 2, 3};
  EXPECT_TRUE(at::equal(Normalize(images, mean, std),
                        Normalize(images.contiguous(), mean, std)));
}

}  // namespace
}  // namespace caldera::data
