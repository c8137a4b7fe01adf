// The losses against loops that follow the papers' formulas word by word.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ssl/losses/masked_mse.h"
#include "ssl/losses/uniformity.h"

namespace caldera::ssl {
namespace {

double SlowMaskedMse(const at::Tensor& p, const at::Tensor& t,
                     const at::Tensor& mask) {
  double sum = 0, removed = 0;
  for (int b = 0; b < p.size(0); ++b) {
    for (int n = 0; n < p.size(1); ++n) {
      if (mask[b][n].item<double>() == 0) continue;
      ++removed;
      double patch = 0;
      for (int i = 0; i < p.size(2); ++i) {
        const double d = (p[b][n][i] - t[b][n][i]).item<double>();
        patch += d * d;
      }
      sum += patch / static_cast<double>(p.size(2));
    }
  }
  return sum / removed;
}

TEST(MaskedMse, EqualsTheLoopAndIgnoresVisiblePatches) {
  const at::Tensor p = at::randn({2, 4, 3}, at::kDouble);
  at::Tensor t = at::randn({2, 4, 3}, at::kDouble);
  at::Tensor mask = at::ones({2, 4}, at::kDouble);
  mask[0][1] = 0;
  mask[1][0] = 0;
  mask[1][3] = 0;
  const double expected = SlowMaskedMse(p, t, mask);
  EXPECT_NEAR(MaskedMse(p, t, mask).item<double>(), expected, 1e-14);
  t[0][1] += 100.0;  // a visible patch
  EXPECT_NEAR(MaskedMse(p, t, mask).item<double>(), expected, 1e-14);
}

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
