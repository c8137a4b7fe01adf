// Tests batches without a manifold, or without numbers: they have the values
// that manifold_loss.h documents, in fp32 (48 rows) and in double (fewer).
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <limits>
#include <utility>

#include "gtest/gtest.h"
#include "magma/manifold_loss.h"
#include "magma/manifold_loss_testing.h"

namespace caldera::magma {
namespace {

TEST(DegenerateTest, OneRow) {
  const Result result = Ours(at::randn({1, 5}), at::randn({1, 5}));
  EXPECT_EQ(result.loss.item<double>(), 0);
  EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
  EXPECT_EQ(result.dy.abs().sum().item<double>(), 0);
}

TEST(DegenerateTest, TwoRowsHaveNoBandwidthAndGiveTheNorm) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor y = at::randn({2, 5}).to(type);
    const Result result = Ours(at::randn({2, 5}).to(type), y);
    EXPECT_LT(Error(result.loss, y.square().sum() / 4), 1e-6);
    EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
    EXPECT_LT(Error(result.dy, y / 2), 1e-6);
  }
}

// The loss depends on x only through the floor of the degrees.
TEST(DegenerateTest, TwoRowsWithAFixedBandwidth) {
  const at::Tensor x = Features(2, 5, 1), y = Features(2, 5, 2);
  const Result ours = Ours(x, y, Fixed(40));
  const Result expected = Reference(x, y, Fixed(40));
  EXPECT_LT(Error(ours.loss, expected.loss), 1e-12);
  EXPECT_LT(Error(ours.dx, expected.dx), 1e-9);
  EXPECT_LT(Error(ours.dy, expected.dy), 1e-12);
}

TEST(DegenerateTest, AllRowsEqualHaveAFullKernel) {
  for (const auto& [batch, type] :
       {std::make_pair(8, at::kFloat), std::make_pair(48, at::kFloat),
        std::make_pair(48, at::kDouble)}) {
    for (const double value : {0.0, 0.1, 1e-20, 3e18}) {
      const at::Tensor x = at::full({batch, 5}, value).to(type);
      const at::Tensor y = at::randn({batch, 5}).to(type);
      ManifoldDiagnostics diagnostics;
      ManifoldLoss(x, y, {}, &diagnostics);
      EXPECT_EQ(diagnostics.mean_kernel.item<double>(), 1);
      const Result result = Ours(x, y);
      // S = (1 1^T - I) / (B - 1 + 1e-4)
      const double degree = batch - 1 + kDegreeFloor;
      const at::Tensor lap_y = y - (y.sum(0, true) - y) / degree;
      EXPECT_LT(Error(result.loss, (y * lap_y).sum() / double(batch * batch)),
                1e-6);
      EXPECT_LT(Error(result.dy, lap_y * (2.0 / (batch * batch))), 1e-6);
      EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
    }
  }
}

TEST(DegenerateTest, TwoEqualRowsAmongEquidistantOnes) {
  // The rows are three corners of a simplex, the first one twice, so that gamma
  // is 0.
  const at::Tensor x =
      at::eye(4, at::kFloat)
          .index_select(0, at::tensor({0, 0, 1, 2}, at::kLong));
  const at::Tensor y = at::randn({4, 6});
  ManifoldDiagnostics diagnostics;
  ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_FLOAT_EQ(diagnostics.mean_kernel.item<float>(), 2.0 / 12);
  const Result result = Ours(x, y);
  EXPECT_TRUE(AllFinite(result));
  EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
}

TEST(DegenerateTest, ZeroRows) {
  const at::Tensor y = Features(48, 6, 2).to(at::kFloat);
  at::Tensor x = Features(48, 6, 1).to(at::kFloat);
  x[2].zero_();
  x[5].zero_().neg_();  // -0 equals 0
  const Result result = Ours(x, y);
  const Result expected = Reference(x, y);
  EXPECT_LT(Error(result.loss, expected.loss), 1e-5);
  EXPECT_LT(Error(result.dx, expected.dx), 1e-5);
  const Result nothing = Ours(x, at::zeros_like(y));
  EXPECT_EQ(nothing.loss.item<double>(), 0);
  EXPECT_TRUE(AllFinite(nothing));
}

TEST(DegenerateTest, OneHugeRow) {
  for (const int64_t batch : {8, 48}) {
    for (const double huge : {1e6, 1e15, 1e30, 3e38}) {
      const at::Tensor y = Features(batch, 6, 2).to(at::kFloat);
      at::Tensor x = Features(batch, 6, 1).to(at::kFloat);
      x[3].mul_(huge / x[3].abs().max());
      EXPECT_TRUE(AllFinite(Ours(x, y))) << huge;
      if (huge > 1e15) continue;  // the loss itself would overflow
      EXPECT_TRUE(AllFinite(Ours(y, x))) << huge;
    }
  }
}

TEST(DegenerateTest, ExtremeFixedBandwidths) {
  for (const int64_t batch : {8, 48}) {
    for (const double gamma : {1e-300, 1e-30, 1e30, 1e300}) {
      for (const double scale : {1e-18, 1.0, 1e15}) {
        at::Tensor x = Features(batch, 6, 1).to(at::kFloat) * scale;
        x[1].copy_(x[0]);
        const at::Tensor y = Features(batch, 6, 2).to(at::kFloat);
        EXPECT_TRUE(AllFinite(Ours(x, y, Fixed(gamma))))
            << gamma << " " << scale;
      }
    }
  }
}

TEST(DegenerateTest, EveryOptionIsFinite) {
  for (const NamedOptions& c : AllOptions()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      for (const int64_t batch : {1, 2, 3, 48}) {
        const at::Tensor y = Features(batch, 6, 2).to(type);
        at::Tensor x = Features(batch, 6, 1).to(type);
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
        const Result equal = Ours(at::full_like(x, 0.1), y, c.options);
        EXPECT_TRUE(AllFinite(equal)) << c.name << batch;
        EXPECT_EQ(equal.dx.abs().sum().item<double>(), 0) << c.name << batch;
        x[0].mul_(1e6);
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
        x.zero_()[0].fill_(1);  // one row apart from the others
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
      }
    }
  }
}

TEST(DegenerateTest, NanAndInfinityComeOutAsNan) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const int64_t batch : {1, 2, 8, 48}) {
    for (const double bad : {kNan, kInfinity, -kInfinity}) {
      for (const bool in_x : {true, false}) {
        at::Tensor x = at::randn({batch, 5}), y = at::randn({batch, 5});
        (in_x ? x : y)[batch - 1][2].fill_(bad);
        const Result result = Ours(x, y);
        EXPECT_TRUE(std::isnan(result.loss.item<double>()));
        EXPECT_TRUE(result.dx.isnan().all().item<bool>());
        EXPECT_TRUE(result.dy.isnan().all().item<bool>());
      }
    }
  }
  // The distance between rows that are equal, and NaN, is not 0.
  const at::Tensor nan = at::full({4, 5}, kNan);
  EXPECT_TRUE(
      std::isnan(ManifoldLoss(nan, at::randn({4, 5}), {}).item<double>()));
}

}  // namespace
}  // namespace caldera::magma
