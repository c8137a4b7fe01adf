// The term against loops that follow the formula word by word.
#include "ssl/losses/uniformity.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace caldera::ssl
