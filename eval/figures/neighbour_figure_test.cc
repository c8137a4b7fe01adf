#include "eval/figures/neighbour_figure.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::eval {
namespace {

using testing::ElementsAre;

// Four directions in the plane: 0, 10, 90 and 160 degrees, of any length.
at::Tensor Directions() {
  return at::tensor({1.0, 0.0, 9.848, 1.736, 0.0, 0.5, -0.9397, 0.3420})
      .view({4, 2});
}

TEST(NearestRows, OrdersByTheCosineAndNotByTheDistance) {
  EXPECT_THAT(NearestRows(Directions(), 4, 2),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(1, 0, 2),
                          ElementsAre(2, 3, 1), ElementsAre(3, 2, 1)));
}

TEST(NearestRows, TakesPhotosAtEvenDistancesAndNoMoreThanThereAre) {
  EXPECT_THAT(NearestRows(Directions(), 2, 9),
              ElementsAre(ElementsAre(0, 1, 2, 3), ElementsAre(2, 3, 1, 0)));
  EXPECT_EQ(NearestRows(Directions(), 9, 1).size(), 4);
}

// A row of zeros is like nothing, and nothing is divided by 0.
TEST(NearestRows, TakesARowOfZeros) {
  const at::Tensor features = at::tensor({0.0, 0.0, 1.0, 0.0}).view({2, 2});
  EXPECT_THAT(NearestRows(features, 1, 1), ElementsAre(ElementsAre(0, 1)));
}

TEST(NeighbourFigure, DrawsARowAPhotoWithWords) {
  const at::Tensor images = at::full({4, 3, 32, 32}, 90, at::kByte);
  const auto two = NeighbourFigure(images, Directions(), 2, 2);
  const auto three = NeighbourFigure(images, Directions(), 3, 2);
  ASSERT_TRUE(two.ok()) << two.status();
  ASSERT_TRUE(three.ok()) << three.status();
  EXPECT_EQ(two->size(0), 3);
  EXPECT_EQ(three->size(1) - two->size(1), 96 + 4);  // a row and its gap
}

}  // namespace
}  // namespace caldera::eval
