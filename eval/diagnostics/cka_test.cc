#include "eval/diagnostics/cka.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace caldera::eval {
namespace {

at::Tensor Random(int64_t rows, int64_t width, uint64_t seed) {
  return at::randn({rows, width}, at::detail::createCPUGenerator(seed),
                   at::kDouble);
}

double Cka(const at::Tensor& x, const at::Tensor& y) {
  return CkaMatrix({x}, {y}).item<double>();
}

// Computes the definition by N x N kernels: HSIC(K, L) / sqrt(HSIC(K, K)
// HSIC(L, L)).
double ByKernels(const at::Tensor& x, const at::Tensor& y) {
  const int64_t n = x.size(0);
  const at::Tensor centring = at::eye(n, at::kDouble) - 1.0 / n;
  const at::Tensor k = centring.matmul(x.matmul(x.t())).matmul(centring);
  const at::Tensor l = centring.matmul(y.matmul(y.t())).matmul(centring);
  const auto hsic = [](const at::Tensor& a, const at::Tensor& b) {
    return (a * b).sum().item<double>();
  };
  return hsic(k, l) / std::sqrt(hsic(k, k) * hsic(l, l));
}

TEST(Cka, IsTheAlignmentOfCentredKernels) {
  const at::Tensor x = Random(30, 5, 1) + 3;
  const at::Tensor y = Random(30, 7, 2) + x.narrow(1, 0, 1) - 8;
  EXPECT_NEAR(Cka(x, y), ByKernels(x, y), 1e-12);
}

TEST(Cka, RotationScaleAndOffsetDoNotMatter) {
  const at::Tensor x = Random(30, 5, 1);
  const at::Tensor rotation = std::get<0>(at::linalg_qr(Random(5, 5, 3)));
  EXPECT_NEAR(Cka(x, 7 * x.matmul(rotation) + 2), 1, 1e-12);
  EXPECT_LT(Cka(x, Random(30, 5, 4)), 0.5);
}

TEST(Cka, ComparesEachWithEach) {
  const at::Tensor a = Random(40, 3, 5), b = Random(40, 4, 6);
  const at::Tensor matrix = CkaMatrix({a, b}, {b, a});
  EXPECT_NEAR(matrix[0][1].item<double>(), 1, 1e-12);
  EXPECT_NEAR(matrix[1][0].item<double>(), 1, 1e-12);
  EXPECT_NEAR(matrix[0][0].item<double>(), Cka(a, b), 1e-12);
}

TEST(Cka, AConstantRepresentationHasNone) {
  EXPECT_TRUE(std::isnan(Cka(Random(10, 3, 7), at::ones({10, 2}))));
}

}  // namespace
}  // namespace caldera::eval
