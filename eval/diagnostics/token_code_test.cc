#include "eval/diagnostics/token_code.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::eval {
namespace {

TEST(TokenCode, OfTokensThatAreTheAxes) {
  // Orthogonal unit tokens have N equal factors 1 + D / (N eps^2).
  const at::Tensor tokens = 3 * at::eye(4, 6, at::kFloat).unsqueeze(0);
  const TokenCode code = MeasureTokens(tokens);
  EXPECT_NEAR(code.coding_rate, 0.5 * 4 * std::log(1 + 6 / (4 * 0.25)), 1e-12);
  EXPECT_NEAR(code.nonzero_share, 4.0 / 24, 1e-12);
}

TEST(TokenCode, OfTokensThatAreAlike) {
  const TokenCode code = MeasureTokens(at::ones({2, 5, 3}));
  EXPECT_NEAR(code.coding_rate, 0.5 * std::log(1 + 3 / 0.25), 1e-12);
  EXPECT_EQ(code.nonzero_share, 1);
  EXPECT_EQ(MeasureTokens(at::zeros({1, 5, 3})).coding_rate, 0);
  EXPECT_EQ(MeasureTokens(at::zeros({1, 5, 3})).nonzero_share, 0);
}

// Computes the formula by its determinant, for more tokens than numbers and
// fewer.
TEST(TokenCode, EqualsTheFormula) {
  at::manual_seed(1);
  for (const int64_t n : {3, 20}) {
    const at::Tensor tokens = at::randn({4, n, 8}, at::kDouble).relu();
    double rate = 0;
    for (int64_t b = 0; b < 4; ++b) {
      const at::Tensor norm = tokens[b].norm(2, 1, /*keepdim=*/true);
      const at::Tensor z = tokens[b] / norm.clamp_min(1e-12);
      const at::Tensor inner =
          at::eye(n, at::kDouble) +
          8.0 / (static_cast<double>(n) * 0.25) * z.matmul(z.t());
      rate += 0.5 * std::log(at::linalg_det(inner).item<double>()) / 4;
    }
    const TokenCode code = MeasureTokens(tokens);
    EXPECT_NEAR(code.coding_rate, rate, 1e-10);
    EXPECT_NEAR(code.nonzero_share,
                (tokens > 0).to(at::kDouble).mean().item<double>(), 1e-12);
  }
}

}  // namespace
}  // namespace caldera::eval
