#include "ssl/masking/random_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(NumKept, CountsInDouble) {
  EXPECT_EQ(NumKept(100, 0.9), 9);
  EXPECT_EQ(NumKept(196, 0.75), 49);
  EXPECT_EQ(NumKept(196, 0.95), 9);
  EXPECT_EQ(NumKept(49, 0.75), 12);
  EXPECT_EQ(NumKept(64, 0.9), 6);
}

TEST(MaskFromNoise, KeepsTheLowestAndRestoresTheOrder) {
  const at::Tensor noise = at::tensor({0.9, 0.1, 0.5, 0.3}).unsqueeze(0);
  const Mask mask = MaskFromNoise(noise, 2);
  EXPECT_TRUE(mask.ids_keep.equal(at::tensor({1, 3}, at::kLong).unsqueeze(0)));
  EXPECT_TRUE(mask.mask.equal(at::tensor({1.f, 0.f, 1.f, 0.f}).unsqueeze(0)));
  EXPECT_TRUE(
      mask.ids_restore.equal(at::tensor({3, 0, 2, 1}, at::kLong).unsqueeze(0)));
}

TEST(MaskNoise, BelongsToTheSampleNotToItsPlace) {
  const data::Streams streams{/*seed=*/1, /*step=*/7};
  const at::Tensor a = MaskNoise(streams, at::tensor({5, 9, 2}, at::kLong), 16);
  const at::Tensor b = MaskNoise(streams, at::tensor({9, 5}, at::kLong), 16);
  EXPECT_TRUE(a.select(0, 0).equal(b.select(0, 1)));
  EXPECT_TRUE(a.select(0, 1).equal(b.select(0, 0)));
  const at::Tensor later =
      MaskNoise({/*seed=*/1, /*step=*/8}, at::tensor({5}, at::kLong), 16);
  EXPECT_FALSE(a.select(0, 0).equal(later.select(0, 0)));
}

// Every patch is kept equally often: 64,000 draws of 4 of 16.
TEST(MaskNoise, KeepsEveryPatchEquallyOften) {
  const Mask mask =
      MaskFromNoise(MaskNoise({3, 0}, at::arange(64000, at::kLong), 16), 4);
  const at::Tensor share = (1 - mask.mask).mean(0);  // [16]
  // Standard deviation of a share: sqrt(.25 * .75 / 64000) = 0.0017.
  EXPECT_LT((share - 0.25).abs().max().item<double>(), 4 * 0.0017);
}

}  // namespace
}  // namespace caldera::ssl
