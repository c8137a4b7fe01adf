#include "vit/blocks/drop_path.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::vit {
namespace {

TEST(DropPathRate, RisesLinearlyFromZero) {
  EXPECT_EQ(DropPathRate(0.3, 0, 4), 0);
  EXPECT_DOUBLE_EQ(DropPathRate(0.3, 1, 4), 0.1);
  EXPECT_DOUBLE_EQ(DropPathRate(0.3, 3, 4), 0.3);
  EXPECT_EQ(DropPathRate(0.3, 0, 1), 0);
}

TEST(DropPathScale, DropsBelowTheRateAndKeepsTheMean) {
  const at::Tensor scale =
      DropPathScale(at::tensor({0.0, 0.2499, 0.25, 0.9}, at::kDouble), 0.25);
  EXPECT_TRUE(scale.allclose(
      at::tensor({0.0, 0.0, 4 / 3.0, 4 / 3.0}, at::kDouble).view({4, 1, 1}), 0,
      1e-15));
}

}  // namespace
}  // namespace caldera::vit
