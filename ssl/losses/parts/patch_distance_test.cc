// Compares each distance with a loop, and tests which patches count.
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {
namespace {

std::vector<ReconstructionLossSpec> AllSpecs() {
  std::vector<ReconstructionLossSpec> specs(5);
  specs[1].mutable_mse();
  specs[2].mutable_l1();
  specs[3].mutable_smooth_l1()->set_beta(0.7);
  specs[4].mutable_cosine();
  return specs;
}

double SlowDistance(const ReconstructionLossSpec& spec, const at::Tensor& p,
                    const at::Tensor& t) {
  double sum = 0, pp = 0, tt = 0, pt = 0;
  const auto size = static_cast<double>(p.numel());
  for (int i = 0; i < p.numel(); ++i) {
    const double a = p[i].item<double>(), b = t[i].item<double>();
    const double d = std::abs(a - b);
    pp += a * a;
    tt += b * b;
    pt += a * b;
    if (spec.has_l1()) {
      sum += d;
    } else if (spec.has_smooth_l1()) {
      const double beta = spec.smooth_l1().beta();
      sum += d < beta ? d * d / (2 * beta) : d - beta / 2;
    } else {
      sum += d * d;
    }
  }
  return spec.has_cosine() ? 1 - pt / std::sqrt(pp * tt) : sum / size;
}

TEST(ReconstructionLoss, EveryDistanceEqualsItsLoop) {
  const at::Tensor p = at::randn({2, 4, 3}, at::kDouble);
  const at::Tensor t = at::randn({2, 4, 3}, at::kDouble);
  at::Tensor mask = at::ones({2, 4}, at::kDouble);
  mask[0][1] = 0;
  mask[1][0] = 0;
  mask[1][3] = 0;
  for (const ReconstructionLossSpec& spec : AllSpecs()) {
    SCOPED_TRACE(spec.ShortDebugString());
    const auto loss = ReconstructionLossPart::Create(spec, vit::EncoderSpec());
    ASSERT_TRUE(loss.ok()) << loss.status();
    const auto masked = (*loss)->Compute(p, t, mask);
    const auto all = (*loss)->Compute(p, t, {});
    double removed = 0, sum = 0;
    for (int b = 0; b < 2; ++b) {
      for (int n = 0; n < 4; ++n) {
        const double expected = SlowDistance(spec, p[b][n], t[b][n]);
        EXPECT_NEAR(masked.per_patch[b][n].item<double>(), expected, 1e-14);
        sum += expected;
        removed += mask[b][n].item<double>() * expected;
      }
    }
    EXPECT_NEAR(masked.value.item<double>(), removed / 5, 1e-14);
    EXPECT_NEAR(all.value.item<double>(), sum / 8, 1e-14);
  }
}

TEST(ReconstructionLoss, PatchesOfWeightZeroHaveNoGradient) {
  at::Tensor mask = at::ones({1, 3}, at::kDouble);
  mask[0][1] = 0;
  for (const ReconstructionLossSpec& spec : AllSpecs()) {
    SCOPED_TRACE(spec.ShortDebugString());
    const at::Tensor p = at::randn({1, 3, 4}, at::kDouble).requires_grad_();
    const at::Tensor t = at::randn({1, 3, 4}, at::kDouble);
    (*ReconstructionLossPart::Create(spec, vit::EncoderSpec()))
        ->Compute(p, t, mask)
        .value.backward();
    EXPECT_EQ(p.grad()[0][1].abs().max().item<double>(), 0);
    EXPECT_GT(p.grad()[0][2].abs().max().item<double>(), 0);
  }
}

// The patch consists of zeros, as a normalised background does.
TEST(ReconstructionLoss, ConstantPatchesAreFinite) {
  for (const ReconstructionLossSpec& spec : AllSpecs()) {
    SCOPED_TRACE(spec.ShortDebugString());
    const at::Tensor p = at::zeros({1, 1, 4}).requires_grad_();
    const auto out = (*ReconstructionLossPart::Create(spec, vit::EncoderSpec()))
                         ->Compute(p, at::zeros({1, 1, 4}), {});
    out.value.backward();
    EXPECT_TRUE(std::isfinite(out.value.item<double>()));
    EXPECT_TRUE(p.grad().isfinite().all().item<bool>());
  }
}

TEST(ReconstructionLoss, RefusesABetaThatIsNotPositive) {
  ReconstructionLossSpec spec;
  spec.mutable_smooth_l1()->set_beta(0);
  EXPECT_THAT(
      std::string(ReconstructionLossPart::Create(spec, vit::EncoderSpec())
                      .status()
                      .message()),
      testing::HasSubstr("smooth_l1.beta: 0 is not in"));
}

}  // namespace
}  // namespace caldera::ssl
