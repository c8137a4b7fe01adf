#include "eval/figures/reconstruction_figure.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

TEST(ReconstructionFigureTest, RowsAreInputMaskedPastedPrediction) {
  // One image of 2 x 3 patches of one pixel; the second and the last patch are
  // removed.
  const at::Tensor image = at::full({1, 1, 2, 3}, 1.0);
  const at::Tensor prediction = at::full({1, 1, 2, 3}, 0.2);
  const at::Tensor mask =
      at::tensor({0, 1, 0, 0, 0, 1}, at::kFloat).view({1, 6});
  const at::Tensor figure = ReconstructionFigure(
      image, prediction, mask, /*patch_size=*/1, /*count=*/4, /*scale=*/1,
      /*gap=*/0);
  const int w = 255, g = 128, p = 51;
  const at::Tensor expected = at::tensor({w, w, w, w, w, w,   //
                                          w, g, w, w, w, g,   //
                                          w, p, w, w, w, p,   //
                                          p, p, p, p, p, p},  //
                                         at::kByte)
                                  .view({1, 8, 3});
  EXPECT_TRUE(figure.equal(expected)) << figure;
}

TEST(ReconstructionFigureTest, APatchCoversItsPixelsInEveryChannel) {
  const at::Tensor figure = ReconstructionFigure(
      at::zeros({2, 3, 4, 4}), at::full({2, 3, 4, 4}, 2.0),
      at::tensor({0, 1, 0, 0, 1, 1, 1, 1}, at::kFloat).view({2, 4}), 2, 2, 1,
      0);
  EXPECT_EQ(figure.sizes(), at::IntArrayRef({3, 16, 8}));
  const at::Tensor pasted = figure.narrow(1, 8, 4);  // [3, 4, 8]
  EXPECT_EQ(pasted.narrow(1, 0, 2).narrow(2, 2, 2).min().item<int>(), 255);
  EXPECT_EQ(pasted.narrow(2, 0, 4).to(at::kLong).sum().item<int>(),
            255 * 4 * 3);
  EXPECT_EQ(pasted.narrow(2, 4, 4).min().item<int>(), 255);
}

TEST(ReconstructionFigureTest, ShowsCountImagesLargeEnoughToSee) {
  const at::Tensor images = at::zeros({5, 1, 28, 28});
  const at::Tensor figure =
      ReconstructionFigure(images, images, at::zeros({5, 49}), 4, 3);
  EXPECT_EQ(figure.sizes(), at::IntArrayRef({1, 4 * 116 - 4, 3 * 116 - 4}));
}

TEST(ReconstructionFigureTest, NanIsBlack) {
  const at::Tensor nan =
      at::full({1, 1, 2, 2}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(ReconstructionFigure(nan, nan, at::zeros({1, 1}), 2, 1, 1, 0)
                .max()
                .item<int>(),
            0);
}

}  // namespace
}  // namespace caldera::eval
