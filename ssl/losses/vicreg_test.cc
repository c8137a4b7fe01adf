#include "ssl/losses/vicreg.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

double Covariance(const at::Tensor& z, int64_t a, int64_t b) {
  const int64_t batch = z.size(0);
  double mean_a = 0, mean_b = 0, sum = 0;
  for (int64_t i = 0; i < batch; ++i) {
    mean_a += z[i][a].item<double>() / static_cast<double>(batch);
    mean_b += z[i][b].item<double>() / static_cast<double>(batch);
  }
  for (int64_t i = 0; i < batch; ++i) {
    sum +=
        (z[i][a].item<double>() - mean_a) * (z[i][b].item<double>() - mean_b);
  }
  return sum / static_cast<double>(batch - 1);
}

struct SlowTerms {
  double invariance = 0, variance = 0, covariance = 0;
};

SlowTerms SlowVicReg(const at::Tensor& z1, const at::Tensor& z2,
                     const VicRegOptions& options) {
  SlowTerms terms;
  const int64_t batch = z1.size(0), width = z1.size(1);
  for (int64_t i = 0; i < batch; ++i) {
    for (int64_t d = 0; d < width; ++d) {
      terms.invariance += std::pow((z1[i][d] - z2[i][d]).item<double>(), 2) /
                          static_cast<double>(batch * width);
    }
  }
  for (const at::Tensor& z : {z1, z2}) {
    for (int64_t a = 0; a < width; ++a) {
      const double deviation = std::sqrt(Covariance(z, a, a) + options.eps);
      terms.variance += std::max(0.0, options.target_std - deviation) /
                        static_cast<double>(width);
      for (int64_t b = 0; b < width; ++b) {
        if (a == b) continue;
        terms.covariance +=
            std::pow(Covariance(z, a, b), 2) / static_cast<double>(width);
      }
    }
  }
  return terms;
}

TEST(VicReg, EveryTermEqualsItsLoop) {
  // Deviations on both sides of the hinge.
  const at::Tensor z1 = vit::Normal({6, 4}, 1),
                   z2 = 0.5 * vit::Normal({6, 4}, 2);
  for (const VicRegOptions& options :
       {VicRegOptions{}, VicRegOptions{2, 0.1}}) {
    const VicRegTerms terms = VicReg(z1, z2, options);
    const SlowTerms expected = SlowVicReg(z1, z2, options);
    EXPECT_GT(expected.variance, 0);
    EXPECT_NEAR(terms.invariance.item<double>(), expected.invariance, 1e-14);
    EXPECT_NEAR(terms.variance.item<double>(), expected.variance, 1e-14);
    EXPECT_NEAR(terms.covariance.item<double>(), expected.covariance, 1e-14);
  }
}

TEST(VicReg, GradientsAreTheDerivatives) {
  for (const auto term : {&VicRegTerms::invariance, &VicRegTerms::variance,
                          &VicRegTerms::covariance}) {
    const at::Tensor z1 = vit::Normal({5, 3}, 3).requires_grad_();
    const at::Tensor z2 = (0.5 * vit::Normal({5, 3}, 4)).requires_grad_();
    vit::ExpectGradients([&] { return VicReg(z1, z2).*term; },
                         {{"z1", z1}, {"z2", z2}});
  }
}

TEST(VicReg, ConstantFeaturesAreFiniteAndCostTheWholeHinge) {
  at::Tensor z = at::full({4, 3}, 5.0).requires_grad_();
  const VicRegTerms terms = VicReg(z, z);
  EXPECT_EQ(terms.invariance.item<double>(), 0);
  EXPECT_NEAR(terms.variance.item<double>(), 1.98, 1e-6);
  EXPECT_EQ(terms.covariance.item<double>(), 0);
  (terms.invariance + terms.variance + terms.covariance).backward();
  EXPECT_EQ(z.grad().abs().max().item<double>(), 0);
}

// A common offset cancels: the terms must not.
TEST(VicReg, AnOffsetDoesNotCostPrecision) {
  const at::Tensor z1 = vit::Normal({64, 16}, 5), z2 = vit::Normal({64, 16}, 6);
  const VicRegTerms exact = VicReg(z1, z2);
  const VicRegTerms terms =
      VicReg((z1 + 100).to(at::kFloat), (z2 + 100).to(at::kFloat));
  const double expected = exact.covariance.item<double>();
  EXPECT_NEAR(terms.covariance.item<double>(), expected, 1e-4 * expected);
}

TEST(VicReg, HalvesAreComputedInFloat) {
  const at::Tensor z = vit::Normal({6, 8}, 7).to(at::kHalf);
  const VicRegTerms terms = VicReg(z, -z);
  EXPECT_EQ(terms.variance.scalar_type(), at::kFloat);
  const double expected =
      VicReg(z.to(at::kDouble), -z.to(at::kDouble)).covariance.item<double>();
  EXPECT_NEAR(terms.covariance.item<double>(), expected, 1e-6 * expected);
}

TEST(VicReg, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(VicReg(at::ones({1, 3}), at::ones({1, 3})), c10::Error);
  EXPECT_THROW(VicReg(at::ones({2, 3}), at::ones({2, 4})), c10::Error);
}

}  // namespace
}  // namespace caldera::ssl
