#include "eval/pca.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace caldera::eval {
namespace {

// Compares with the singular values of the centred matrix.
TEST(Pca, IsTheSvdOfTheCentredRows) {
  at::manual_seed(1);
  const at::Tensor x =
      at::randn({40, 7}, at::kDouble) * at::arange(1, 8, at::kDouble) + 3;
  const Pca pca = PrincipalComponents(x, 3);
  const at::Tensor centred = x - x.mean(0);
  const auto [u, s, vh] = at::linalg_svd(centred, /*full_matrices=*/false);
  const at::Tensor variance = s.square() / 40;
  EXPECT_TRUE(at::allclose(pca.variance, variance.slice(0, 0, 3), 1e-10));
  // The vectors agree up to their signs: |<component, singular vector>| = 1.
  const at::Tensor cosine = (pca.components * vh.slice(0, 0, 3)).sum(1).abs();
  EXPECT_TRUE(at::allclose(cosine, at::ones({3}, at::kDouble), 1e-10));
  EXPECT_TRUE(at::allclose(Project(pca, x), centred.mm(pca.components.t()),
                           1e-12, 1e-12));
}

TEST(Pca, SignsDoNotDependOnTheRowsSigns) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({30, 5}, at::kDouble);
  const Pca a = PrincipalComponents(x, 5), b = PrincipalComponents(-x, 5);
  EXPECT_TRUE(at::allclose(a.components, b.components, 1e-9, 1e-12));
  for (int64_t i = 0; i < 5; ++i) {
    const at::Tensor row = a.components[i];
    EXPECT_GT(row[row.abs().argmax()].item<double>(), 0);
  }
}

TEST(Pca, OneRowHasNoVariance) {
  const Pca pca = PrincipalComponents(at::ones({1, 3}), 2);
  EXPECT_EQ(pca.variance.sum().item<double>(), 0);
  EXPECT_EQ(Project(pca, at::ones({1, 3})).abs().sum().item<float>(), 0);
}

}  // namespace
}  // namespace caldera::eval
