#include "vit/ops/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

constexpr int kDim = 8;  // of a head
constexpr double kTheta = 100;

// Turns the pairs of channels of one head at row i, column j of a grid, one
// after another.
at::Tensor SlowRotate(const at::Tensor& x, const Grid& grid, int64_t i,
                      int64_t j) {
  const double y = 2 * (i + 0.5) / grid.height - 1;
  const double z = 2 * (j + 0.5) / grid.width - 1;
  at::Tensor out = at::empty_like(x);
  for (int k = 0; k < kDim / 2; ++k) {
    const int within = k % (kDim / 4);
    const double period = std::pow(kTheta, 2.0 * within / (kDim / 2));
    const double angle = 2 * M_PI * (k < kDim / 4 ? y : z) / period;
    const at::Tensor a = x[k], b = x[k + kDim / 2];
    out[k] = a * std::cos(angle) - b * std::sin(angle);
    out[k + kDim / 2] = b * std::cos(angle) + a * std::sin(angle);
  }
  return out;
}

TEST(Rotate, TurnsEachPairByItsPatchsPlace) {
  const Grid grid = {2, 3};
  const at::Tensor x = Normal({2, 3, 6, kDim}, 0);  // [B, h, N, D/h]
  const at::Tensor turned = Rotate(x, GridRotation(grid, kDim, kTheta, x));
  ASSERT_EQ(turned.sizes(), x.sizes());
  for (int64_t n = 0; n < 6; ++n) {
    EXPECT_TRUE(turned[1][2][n].allclose(
        SlowRotate(x[1][2][n], grid, n / 3, n % 3), 0, 1e-12))
        << "patch " << n;
  }
}

// What attention sees depends on the distance of two patches.
TEST(Rotate, KeepsProductsOfPatchesOfOneDistance) {
  const at::Tensor a = Normal({kDim}, 1), b = Normal({kDim}, 2);
  const Rotation all = GridRotation({1, 4}, kDim, kTheta, a);
  const at::Tensor q = Rotate(a.expand({1, 1, 4, kDim}), all)[0][0];
  const at::Tensor k = Rotate(b.expand({1, 1, 4, kDim}), all)[0][0];
  const auto product = [&](int64_t i, int64_t j) {
    return (q[i] * k[j]).sum().item<double>();
  };
  EXPECT_NEAR(product(0, 1), product(2, 3), 1e-12);
  EXPECT_NEAR(product(0, 2), product(1, 3), 1e-12);
  EXPECT_GT(std::abs(product(0, 1) - product(0, 2)), 1e-3);
}

TEST(Rotation, PicksAndPads) {
  const at::Tensor x = Normal({2, 1, 6, kDim}, 3);
  const Rotation all = GridRotation({2, 3}, kDim, kTheta, x);
  const at::Tensor ids = at::tensor({4, 0, 1, 5}, at::kLong).view({2, 2});
  const at::Tensor some = Rotate(x.slice(2, 0, 2), all.Pick(ids));
  const at::Tensor place_of_4 =
      Rotate(x.slice(2, 0, 1).expand({2, 1, 6, kDim}), all)[0][0][4];
  EXPECT_TRUE(some[0][0][0].allclose(place_of_4, 0, 1e-12));
  const at::Tensor padded = Rotate(x, all.From(3).Pad(1, 2));
  EXPECT_TRUE(padded.slice(2, 0, 1).equal(x.slice(2, 0, 1)));
  EXPECT_TRUE(padded.slice(2, 4).equal(x.slice(2, 4)));
  EXPECT_FALSE(padded.slice(2, 1, 4).allclose(x.slice(2, 1, 4), 0, 1e-3));
}

TEST(Rotate, WithoutARotationIsTheSame) {
  const at::Tensor x = Normal({1, 1, 2, kDim}, 4);
  EXPECT_TRUE(Rotate(x, {}).equal(x));
}

}  // namespace
}  // namespace caldera::vit
