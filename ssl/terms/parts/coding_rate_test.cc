// Compares the rate with a sum over eigenvalues, and tests its expansion and
// its gradient.
#include "ssl/terms/parts/coding_rate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/parts/uniformity.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// sum_i log(1 + mu / D l_i), l the eigenvalues of z^T z.
double SlowCodingRate(const at::Tensor& f, double mu) {
  at::Tensor z = f.clone();
  for (int64_t i = 0; i < f.size(0); ++i) z[i] /= f[i].norm();
  const at::Tensor l = at::linalg_eigvalsh(z.t().matmul(z));
  double sum = 0;
  for (int64_t i = 0; i < l.size(0); ++i) {
    sum +=
        std::log1p(mu / static_cast<double>(f.size(1)) * l[i].item<double>());
  }
  return sum;
}

TEST(CodingRate, IsTheSumOverEigenvalues) {
  for (const auto& [b, d] : {std::pair(5, 9), std::pair(9, 5)}) {
    const at::Tensor f = vit::Normal({b, d}, 1);
    for (const double mu : {0.1, 1.0, 300.0}) {
      const double expected = SlowCodingRate(f, mu);
      EXPECT_NEAR(CodingRate(f, mu).item<double>(), expected, 1e-12);
      EXPECT_NEAR(CodingRate(7 * f, mu).item<double>(), expected, 1e-12);
      EXPECT_NEAR(CodingRate(f.to(at::kFloat), mu).item<double>(), expected,
                  1e-5 * expected);
    }
  }
}

// rate = mu B / D - mu^2 B^2 / (2 D^2) uniformity + O(mu^3).
TEST(CodingRate, ItsSecondOrderIsUMaesTerm) {
  const int64_t b = 6, d = 4;
  const at::Tensor f = vit::Normal({b, d}, 2);
  const double x = static_cast<double>(b) / d;
  const double uniformity = Uniformity(f).item<double>();
  double last = 1;
  for (const double mu : {1e-2, 1e-3, 1e-4}) {
    const double second =
        (mu * x - CodingRate(f, mu).item<double>()) * 2 / (mu * mu * x * x);
    const double error = std::abs(second - uniformity);
    EXPECT_LT(error, 2 * mu);
    EXPECT_LT(error, 0.2 * last);
    last = error;
  }
}

TEST(CodingRate, GradientIsTheDerivative) {
  for (const auto& [b, d] : {std::pair(3, 6), std::pair(6, 3)}) {
    at::Tensor f = vit::Normal({b, d}, 3).requires_grad_();
    vit::ExpectGradients([&] { return CodingRate(f, 2); }, {{"features", f}});
  }
}

// Collapsed features have the least rate, and rows of zeros are finite.
TEST(CodingRate, CollapseIsTheMinimum) {
  const at::Tensor same = at::ones({6, 4}, at::kDouble);
  EXPECT_NEAR(CodingRate(same, 1).item<double>(), std::log1p(6 / 4.0), 1e-12);
  EXPECT_GT(CodingRate(vit::Normal({6, 4}, 4), 1).item<double>(),
            std::log1p(6 / 4.0));
  const at::Tensor zeros = at::zeros({3, 2}).requires_grad_();
  const at::Tensor rate = CodingRate(zeros, 1);
  rate.backward();
  EXPECT_EQ(rate.item<double>(), 0);
  EXPECT_TRUE(zeros.grad().isfinite().all().item<bool>());
}

TEST(CodingRate, IsNotFiniteWhereAFeatureIsNot) {
  at::Tensor f = at::ones({5, 3});
  f[4][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(CodingRate(f, 1).item<double>()));
}

TEST(CodingRateLoss, ReadsTheFeatureThatTheSpecNames) {
  StepContext context;
  context.latent = vit::Normal({3, 4, 5}, 1);  // [B, 1 + Nv, D]
  AuxiliaryLossSpec spec;
  spec.mutable_coding_rate()->set_mu(2);
  const auto value = [&] {
    const auto loss = MakeAuxiliaryLoss(spec, {});
    EXPECT_TRUE(loss.ok()) << loss.status();
    return (*loss)->Compute(context, false).value;
  };
  EXPECT_TRUE(value().equal(-CodingRate(context.latent.select(1, 0), 2)));
  spec.mutable_coding_rate()->set_feature(eval::EvalSpec::MEAN);
  EXPECT_TRUE(
      value().equal(-CodingRate(context.latent.slice(1, 1).mean(1), 2)));
  for (const double mu : {0.0, -1.0, std::nan("")}) {
    spec.mutable_coding_rate()->set_mu(mu);
    EXPECT_THAT(std::string(MakeAuxiliaryLoss(spec, {}).status().message()),
                testing::StartsWith("coding_rate.mu: "));
  }
}

}  // namespace
}  // namespace caldera::ssl
