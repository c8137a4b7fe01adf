// Compares the term with loops that follow the formula word by word.
#include "ssl/terms/parts/uniformity.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

double SlowUniformity(const at::Tensor& f) {
  double sum = 0;
  for (int i = 0; i < f.size(0); ++i) {
    for (int j = 0; j < f.size(0); ++j) {
      const double ni = std::max(f[i].norm().item<double>(), 1e-12);
      const double nj = std::max(f[j].norm().item<double>(), 1e-12);
      sum += std::pow((f[i] * f[j]).sum().item<double>() / ni / nj, 2);
    }
  }
  return sum / static_cast<double>(f.size(0) * f.size(0));
}

TEST(Uniformity, EqualsTheLoop) {
  const at::Tensor f = at::randn({7, 5}, at::kDouble);
  EXPECT_NEAR(Uniformity(f).item<double>(), SlowUniformity(f), 1e-14);
  EXPECT_NEAR(Uniformity(100 * f).item<double>(), SlowUniformity(f), 1e-14);
}

TEST(Uniformity, CollapsedFeaturesAreOneAndZeroRowsAreFinite) {
  EXPECT_NEAR(Uniformity(at::full({4, 3}, 2.0)).item<double>(), 1, 1e-6);
  const at::Tensor zeros = at::zeros({3, 2}).requires_grad_();
  const at::Tensor loss = Uniformity(zeros);
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_TRUE(zeros.grad().isfinite().all().item<bool>());
}

// Central differences in double precision.
TEST(Uniformity, GradientIsTheDerivative) {
  at::Tensor f = at::randn({4, 3}, at::kDouble).requires_grad_();
  Uniformity(f).backward();
  const double h = 1e-6;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 3; ++j) {
      at::Tensor up = f.detach().clone(), down = f.detach().clone();
      up[i][j] += h;
      down[i][j] -= h;
      const double slope =
          (Uniformity(up) - Uniformity(down)).item<double>() / (2 * h);
      EXPECT_NEAR(f.grad()[i][j].item<double>(), slope, 1e-8);
    }
  }
}

TEST(UniformityLoss, ReadsTheFeatureThatTheSpecNames) {
  StepContext context;
  context.latent = vit::Normal({3, 4, 5}, 1);  // [B, 1 + Nv, D]
  const at::Tensor cls = context.latent.slice(1, 0, 1).squeeze(1);
  at::Tensor sum = context.latent.slice(1, 1, 2).squeeze(1);
  for (int64_t token = 2; token < 4; ++token) {
    sum = sum + context.latent.slice(1, token, token + 1).squeeze(1);
  }

  const ModelSizes sizes;
  AuxiliaryLossSpec spec;
  spec.mutable_uniformity();
  const auto by_default = MakeAuxiliaryLoss(spec, sizes);
  ASSERT_TRUE(by_default.ok()) << by_default.status();
  EXPECT_TRUE((*by_default)
                  ->Compute(context, /*with_diagnostics=*/false)
                  .value.equal(Uniformity(cls)));
  spec.mutable_uniformity()->set_feature(eval::EvalSpec::MEAN);
  const auto of_mean = MakeAuxiliaryLoss(spec, sizes);
  ASSERT_TRUE(of_mean.ok()) << of_mean.status();
  EXPECT_NEAR((*of_mean)->Compute(context, false).value.item<double>(),
              Uniformity(sum / 3).item<double>(), 1e-15);
}

}  // namespace
}  // namespace caldera::ssl
