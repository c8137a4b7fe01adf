#include "eval/diagnostics/spectrum.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace caldera::eval {
namespace {

at::Tensor Random(int64_t rows, int64_t width, uint64_t seed) {
  return at::randn({rows, width}, at::detail::createCPUGenerator(seed),
                   at::kDouble);
}

at::Tensor SingularValues(const at::Tensor& x) {
  return std::get<1>(at::linalg_svd(x));
}

TEST(RankMe, IsTheEntropyOfTheSingularValues) {
  const at::Tensor x =
      Random(50, 9, 1) * at::tensor({9, 8, 7, 6, 5, 4, 3, 2, 1});
  const at::Tensor s = SingularValues(x);
  const double total = s.sum().item<double>();
  double entropy = 0;
  for (int64_t k = 0; k < 9; ++k) {
    const double p = s[k].item<double>() / total + 1e-7;
    entropy -= p * std::log(p);
  }
  EXPECT_NEAR(RankMe(x), std::exp(entropy), 1e-9);
  EXPECT_NEAR(RankMe(x.to(at::kFloat)), std::exp(entropy), 1e-5);
}

TEST(RankMe, CountsEqualDirections) {
  // The features fill 3 of 8 directions; the others contribute only the
  // epsilon.
  const at::Tensor x =
      at::cat({at::eye(3, at::kDouble), at::zeros({3, 5}, at::kDouble)}, 1);
  EXPECT_NEAR(RankMe(x), 3, 1e-4);
  EXPECT_NEAR(RankMe(at::ones({10, 4})), 1, 1e-4);
  EXPECT_EQ(RankMe(at::zeros({10, 4})), 0);
}

TEST(CovarianceSpectrum, IsThatOfTheCentredFeatures) {
  // There are more rows than one block takes.
  const at::Tensor x = Random(20000, 4, 2) * at::tensor({1, 4, 2, 3}) + 50;
  const at::Tensor centred = x - x.mean(0);
  const at::Tensor expected =
      SingularValues(centred.t().matmul(centred) / 20000);
  const at::Tensor spectrum = CovarianceSpectrum(x);
  EXPECT_LT((spectrum / expected - 1).abs().max().item<double>(), 1e-9);
}

TEST(CovarianceSpectrum, ACollapsedDirectionIsZero) {
  at::Tensor x = Random(100, 3, 3);
  x = at::cat({x, x.narrow(1, 0, 1)}, 1);  // a copied dimension
  const at::Tensor spectrum = CovarianceSpectrum(x);
  EXPECT_LT(spectrum[3].item<double>(), 1e-12);
  EXPECT_GT(spectrum[2].item<double>(), 0.1);
}

}  // namespace
}  // namespace caldera::eval
