#include "ssl/methods/drop_path_noise.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

vit::Encoder TinyEncoder(double drop_path) {
  vit::EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_embed_dim(16);
  spec.set_depth(3);
  spec.set_num_heads(2);
  spec.set_drop_path(drop_path);
  return vit::Encoder(spec);
}

TEST(DropPathNoise, DependsOnTheSampleAndNotOnItsPlace) {
  const vit::Encoder encoder = TinyEncoder(0.1);
  const base::Streams streams{7, 3};
  const at::Tensor noise =
      DropPathNoise(encoder, streams, at::tensor({5, 2, 9}, at::kLong), "drop");
  ASSERT_EQ(noise.sizes(), (at::IntArrayRef{3, 3, 2}));
  const at::Tensor other =
      DropPathNoise(encoder, streams, at::tensor({9, 5}, at::kLong), "drop");
  EXPECT_TRUE(at::equal(other[0], noise[2]));
  EXPECT_TRUE(at::equal(other[1], noise[0]));
  EXPECT_FALSE(at::equal(noise[0], noise[1]));
  EXPECT_FALSE(at::equal(
      other,
      DropPathNoise(encoder, {7, 4}, at::tensor({9, 5}, at::kLong), "drop")));
  EXPECT_FALSE(at::equal(
      other, DropPathNoise(encoder, streams, at::tensor({9, 5}, at::kLong),
                           "second view")));
}

TEST(DropPathNoise, IsNotDrawnWhereNothingIsDropped) {
  const at::Tensor index = at::tensor({5}, at::kLong);
  EXPECT_FALSE(DropPathNoise(TinyEncoder(0), {7, 3}, index, "drop").defined());
  vit::Encoder encoder = TinyEncoder(0.1);
  encoder.eval();
  EXPECT_FALSE(DropPathNoise(encoder, {7, 3}, index, "drop").defined());
}

}  // namespace
}  // namespace caldera::ssl
