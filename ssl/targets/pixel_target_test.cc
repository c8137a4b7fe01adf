#include "ssl/targets/pixel_target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "vit/patch_embedding.h"

namespace caldera::ssl {
namespace {

TEST(PixelTarget, NormalisesEachPatchByItself) {
  const at::Tensor images = at::randn({2, 3, 8, 8}, at::kDouble) * 3 + 1;
  const at::Tensor target = PixelTarget(images, 4, true);  // [2, 4, 48]
  EXPECT_LT(target.mean(-1).abs().max().item<double>(), 1e-12);
  EXPECT_LT((target.var(-1) - 1).abs().max().item<double>(), 1e-5);
}

TEST(PixelTarget, ConstantPatchIsZeroNotNan) {
  const at::Tensor target = PixelTarget(at::full({1, 1, 4, 4}, 2.5), 2, true);
  EXPECT_EQ(target.abs().max().item<double>(), 0);
}

TEST(PixelTarget, DenormalizeIsTheInverse) {
  const at::Tensor images = at::randn({2, 1, 6, 6}, at::kDouble);
  const at::Tensor raw = PixelTarget(images, 3, false);
  const at::Tensor again =
      DenormalizePatches(PixelTarget(images, 3, true), raw);
  EXPECT_TRUE(at::allclose(vit::Unpatchify(again, 3, 1), images));
}

}  // namespace
}  // namespace caldera::ssl
