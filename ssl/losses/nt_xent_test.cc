#include "ssl/losses/nt_xent.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Computes the definition sample by sample.
double SlowNtXent(const at::Tensor& z1, const at::Tensor& z2,
                  double temperature, const std::vector<int64_t>& ids) {
  const int64_t batch = z1.size(0);
  const auto row = [&](int64_t i) { return i < batch ? z1[i] : z2[i - batch]; };
  double sum = 0;
  for (int64_t i = 0; i < 2 * batch; ++i) {
    double positive = 0, negative = 0;
    for (int64_t j = 0; j < 2 * batch; ++j) {
      if (j == i) continue;
      const double norms = std::max(row(i).norm().item<double>(), 1e-12) *
                           std::max(row(j).norm().item<double>(), 1e-12);
      const double cosine = (row(i) * row(j)).sum().item<double>() / norms;
      (ids[i % batch] == ids[j % batch] ? positive : negative) +=
          std::exp(cosine / temperature);
    }
    sum -= std::log(positive / (positive + negative));
  }
  return sum / static_cast<double>(2 * batch);
}

TEST(NtXent, EqualsTheLoop) {
  const at::Tensor z1 = vit::Normal({5, 3}, 1), z2 = vit::Normal({5, 3}, 2);
  for (const double temperature : {0.1, 0.5, 2.0}) {
    EXPECT_NEAR(NtXent(z1, z2, temperature).item<double>(),
                SlowNtXent(z1, z2, temperature, {0, 1, 2, 3, 4}), 1e-13);
  }
}

TEST(NtXent, EqualIdsArePositives) {
  const at::Tensor z1 = vit::Normal({5, 3}, 3), z2 = vit::Normal({5, 3}, 4);
  const std::vector<int64_t> ids = {7, 0, 7, 0, 2};
  EXPECT_NEAR(NtXent(z1, z2, 0.2, at::tensor(ids)).item<double>(),
              SlowNtXent(z1, z2, 0.2, ids), 1e-13);
  // All ids are equal: there is no negative, and the loss is 0.
  EXPECT_EQ(NtXent(z1, z2, 0.2, at::zeros({5}, at::kLong)).item<double>(), 0);
}

TEST(NtXent, GradientIsTheDerivative) {
  at::Tensor z1 = vit::Normal({4, 3}, 5).requires_grad_();
  at::Tensor z2 = vit::Normal({4, 3}, 6).requires_grad_();
  const at::Tensor ids = at::tensor(std::vector<int64_t>{1, 0, 0, 3});
  vit::ExpectGradients([&] { return NtXent(z1, z2, 0.3, ids); },
                       {{"z1", z1}, {"z2", z2}});
}

// exp(1 / 0.01) overflows float32.
TEST(NtXent, SmallTemperaturesStayFinite) {
  at::Tensor equal = at::ones({4, 3}).requires_grad_();
  const at::Tensor loss = NtXent(equal, equal, 0.01);
  EXPECT_NEAR(loss.item<double>(), std::log(7), 1e-5);
  loss.backward();
  EXPECT_LT(equal.grad().abs().max().item<double>(), 1e-4);
  // The samples are separated perfectly: 6 negatives at cosine 0 have
  // exp(-1000) each.
  const at::Tensor apart = at::eye(4);
  EXPECT_EQ(NtXent(apart, apart, 0.001).item<double>(), 0);
}

TEST(NtXent, RowsOfZerosHaveFiniteGradients) {
  at::Tensor zeros = at::zeros({3, 2}).requires_grad_();
  const at::Tensor loss = NtXent(zeros, zeros, 0.2);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), std::log(5), 1e-6);
  EXPECT_TRUE(zeros.grad().isfinite().all().item<bool>());
}

TEST(NtXent, HalvesAreComputedInFloat) {
  const at::Tensor z1 = vit::Normal({6, 8}, 7).to(at::kBFloat16);
  const at::Tensor z2 = vit::Normal({6, 8}, 8).to(at::kBFloat16);
  const at::Tensor loss = NtXent(z1, z2, 0.1);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_NEAR(
      loss.item<double>(),
      NtXent(z1.to(at::kDouble), z2.to(at::kDouble), 0.1).item<double>(), 1e-5);
}

TEST(NtXent, RefusesWhatHasNoMeaning) {
  const at::Tensor one = at::ones({1, 3}), two = at::ones({2, 3});
  EXPECT_THROW(NtXent(one, one, 0.2), c10::Error);
  EXPECT_THROW(NtXent(one, two, 0.2), c10::Error);
  EXPECT_THROW(NtXent(two, two, 0), c10::Error);
  EXPECT_THROW(NtXent(two, two, 0.2, at::zeros({3}, at::kLong)), c10::Error);
}

}  // namespace
}  // namespace caldera::ssl
