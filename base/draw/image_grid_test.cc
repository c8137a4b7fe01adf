#include "base/draw/image_grid.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include "gtest/gtest.h"

namespace caldera::base {
namespace {

TEST(ImageGridTest, EnlargesAndLeavesWhiteGaps) {
  const at::Tensor a = at::tensor({1, 2}, at::kByte).view({1, 1, 2});
  const at::Tensor b = at::tensor({3, 4}, at::kByte).view({1, 1, 2});
  const at::Tensor grid = ImageGrid({{a, b}, {b}}, /*scale=*/2, /*gap=*/1);
  const int w = 255;
  const at::Tensor expected = at::tensor({1, 1, 2, 2, w, 3, 3, 4, 4,   //
                                          1, 1, 2, 2, w, 3, 3, 4, 4,   //
                                          w, w, w, w, w, w, w, w, w,   //
                                          3, 3, 4, 4, w, w, w, w, w,   //
                                          3, 3, 4, 4, w, w, w, w, w},  //
                                         at::kByte)
                                  .view({1, 5, 9});
  EXPECT_TRUE(grid.equal(expected)) << grid;
}

TEST(ImageGridTest, OneImageIsItself) {
  const at::Tensor image = at::full({3, 4, 5}, 7, at::kByte);
  EXPECT_TRUE(ImageGrid({{image}}, 1, 10).equal(image));
}

TEST(ImageGridDeathTest, ShapesMustAgree) {
  EXPECT_DEATH(ImageGrid({{at::full({3, 4, 5}, 7, at::kByte),
                           at::full({3, 4, 4}, 7, at::kByte)}},
                         1, 0),
               "row 0, column 1");
  EXPECT_DEATH(ImageGrid({}, 1, 0), "no image");
}

}  // namespace
}  // namespace caldera::base
