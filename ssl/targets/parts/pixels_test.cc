#include "ssl/targets/parts/pixels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(PatchPixels, NormalisesEachPatchByItself) {
  const at::Tensor images = at::randn({2, 3, 8, 8}, at::kDouble) * 3 + 1;
  const at::Tensor target = PatchPixels(images, 4, true);  // [2, 4, 48]
  EXPECT_LT(target.mean(-1).abs().max().item<double>(), 1e-12);
  EXPECT_LT((target.var(-1) - 1).abs().max().item<double>(), 1e-5);
}

TEST(PatchPixels, ConstantPatchIsZeroNotNan) {
  const at::Tensor target = PatchPixels(at::full({1, 1, 4, 4}, 2.5), 2, true);
  EXPECT_EQ(target.abs().max().item<double>(), 0);
}

TEST(PixelTarget, APerfectPredictionBecomesTheImage) {
  const at::Tensor images = at::randn({2, 1, 6, 6}, at::kDouble);
  for (const bool norm_pix_loss : {false, true}) {
    const PixelTarget target(3, 1, norm_pix_loss);
    const at::Tensor values = target.Compute(images, nullptr).values;
    EXPECT_EQ(values.size(2), target.dim());
    EXPECT_TRUE(at::allclose(*target.ToImages(values, images), images));
  }
}

}  // namespace
}  // namespace caldera::ssl
