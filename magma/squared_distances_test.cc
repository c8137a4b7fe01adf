#include "magma/squared_distances.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

#include "gtest/gtest.h"

namespace caldera::magma {
namespace {

SquaredDistances Distances(const at::Tensor& features) {
  ScaledFeatures scaled = ScaleFeatures(features);
  return ComputeSquaredDistances(scaled.values,
                                 RowBlock(scaled.values.size(0)));
}

// Returns the number of pairs (i, j), i != j, that count as equal.
int64_t EqualPairs(const at::Tensor& features) {
  const at::Tensor different = Distances(features).different;
  return (different == 0).sum().item<int64_t>() - features.size(0);
}

TEST(ScaleFeaturesTest, DividesByAPowerOfTwoOnly) {
  for (const double size : {1e-30, 1e-3, 1.0, 3.0, 1e30}) {
    const at::Tensor features = at::randn({5, 7}) * size;
    const ScaledFeatures scaled = ScaleFeatures(features);
    EXPECT_TRUE((scaled.values * scaled.scale).equal(features));
    EXPECT_LE(scaled.values.abs().max().item<double>(), 2);
    EXPECT_GE(scaled.values.abs().max().item<double>(), 0.5);
    EXPECT_EQ(scaled.poison.item<double>(), 0);
  }
  EXPECT_EQ(ScaleFeatures(at::zeros({3, 2})).values.abs().sum().item<double>(),
            0);
}

TEST(ScaleFeaturesTest, PoisonIsNanForNanAndInfinity) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()}) {
    at::Tensor features = at::randn({5, 7});
    features[2][3].fill_(bad);
    EXPECT_TRUE(ScaleFeatures(features).poison.isnan().item<bool>());
  }
}

TEST(SquaredDistancesTest, AreTheDirectDifferences) {
  for (const double offset : {0.0, 10.0, 1000.0}) {
    const at::Tensor features = at::randn({33, 20}) + offset;
    ScaledFeatures scaled = ScaleFeatures(features);
    const at::Tensor exact = scaled.values.to(at::kDouble);
    const at::Tensor expected =
        (exact.unsqueeze(1) - exact.unsqueeze(0)).square().sum(2);
    const SquaredDistances distances =
        ComputeSquaredDistances(scaled.values, RowBlock(scaled.values.size(0)));
    const double error = ((distances.values - expected) / expected.max())
                             .abs()
                             .max()
                             .item<double>();
    EXPECT_LT(error, 1e-6) << offset;
    EXPECT_EQ(distances.values.diagonal().abs().sum().item<double>(), 0);
  }
}

// Equal rows are at many places of the matrix product's tiles, next to an
// offset.
TEST(SquaredDistancesTest, OfEqualRowsAreExactlyZero) {
  for (const int64_t width : {1, 2, 3, 7, 192, 769}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      at::Tensor features = (at::randn({67, width}) + 10).to(type);
      for (const int64_t row : {1, 17, 40, 66})
        features[row].copy_(features[0]);
      const SquaredDistances distances = Distances(features);
      for (const int64_t row : {1, 17, 40, 66}) {
        EXPECT_EQ(distances.values[0][row].item<double>(), 0);
        EXPECT_EQ(distances.values[row][0].item<double>(), 0);
      }
      EXPECT_EQ(EqualPairs(features), 5 * 4) << width;
    }
  }
}

TEST(SquaredDistancesTest, OnlyEqualRowsCountAsEqual) {
  // The rows are all corners of a cube of 10 dimensions, and of 9: only signs
  // differ.
  for (const int64_t width : {9, 10}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      at::Tensor corners = at::empty({int64_t{1} << width, width});
      for (int64_t k = 0; k < width; ++k) {
        corners.select(1, k).copy_(
            at::arange(corners.size(0)).floor_divide(1 << k).remainder(2) * 2 -
            1);
      }
      EXPECT_EQ(EqualPairs(corners.to(type)), 0);
    }
  }
  // The rows are neighbouring numbers in fp32.
  at::Tensor close = at::ones({3, 5});
  close[1][4].fill_(1 + std::numeric_limits<float>::epsilon());
  close[2][1].fill_(1 + std::numeric_limits<float>::epsilon());
  EXPECT_EQ(EqualPairs(close), 0);
  // The rows are one-hot, permutations of one another.
  EXPECT_EQ(EqualPairs(at::eye(64)), 0);
}

TEST(SquaredDistancesTest, MinusZeroIsZero) {
  at::Tensor features = at::ones({2, 4});
  features[0][1].fill_(0.0);
  features[1][1].fill_(-0.0);
  EXPECT_EQ(EqualPairs(features), 2);
}

}  // namespace
}  // namespace caldera::magma
