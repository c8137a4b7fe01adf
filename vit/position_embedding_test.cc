#include "vit/position_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Computes get_1d_sincos_pos_embed_from_grid(embed_dim, pos).
Matrix OneDimension(int embed_dim, const std::vector<double>& pos) {
  std::vector<double> omega(embed_dim / 2);
  for (int d = 0; d < embed_dim / 2; ++d) {
    omega[d] = 1.0 / std::pow(10000, d / (embed_dim / 2.0));
  }
  Matrix out;
  for (const double m : pos) {
    out.emplace_back();
    for (const double w : omega) out.back().push_back(std::sin(m * w));
    for (const double w : omega) out.back().push_back(std::cos(m * w));
  }
  return out;
}

// Computes get_2d_sincos_pos_embed(embed_dim, grid_size, cls_token=True).
// np.meshgrid(w, h) returns two [h, w] arrays: grid[0][i][j] = w[j] and
// grid[1][i][j] = h[i].
Matrix Official(int embed_dim, const Grid& size, int num_prefix) {
  std::vector<double> grid[2];
  for (int i = 0; i < size.height; ++i) {
    for (int j = 0; j < size.width; ++j) {
      grid[0].push_back(j);
      grid[1].push_back(i);
    }
  }
  const Matrix emb_h = OneDimension(embed_dim / 2, grid[0]);
  const Matrix emb_w = OneDimension(embed_dim / 2, grid[1]);
  Matrix out(num_prefix, std::vector<double>(embed_dim, 0.0));
  for (size_t m = 0; m < emb_h.size(); ++m) {
    out.push_back(emb_h[m]);
    out.back().insert(out.back().end(), emb_w[m].begin(), emb_w[m].end());
  }
  return out;
}

void ExpectOfficial(int embed_dim, const Grid& grid, int num_prefix) {
  const at::Tensor pos = SinCosPositionEmbedding(embed_dim, grid, num_prefix);
  const int64_t rows = num_prefix + grid.size();
  ASSERT_EQ(pos.sizes(), (at::IntArrayRef{1, rows, embed_dim}));
  ASSERT_EQ(pos.scalar_type(), at::kFloat);
  const Matrix expected = Official(embed_dim, grid, num_prefix);
  const float* value = pos.const_data_ptr<float>();
  for (int64_t m = 0; m < rows; ++m) {
    for (int d = 0; d < embed_dim; ++d, ++value) {
      ASSERT_FLOAT_EQ(*value, static_cast<float>(expected[m][d]))
          << embed_dim << " dims, row " << m << ", dim " << d;
    }
  }
}

TEST(SinCosPositionEmbedding, EqualsTheOfficialFormula) {
  for (const int embed_dim : {4, 16, 192}) {
    for (const Grid grid : {Grid{1, 1}, Grid{3, 3}, Grid{8, 8}, Grid{2, 5}}) {
      for (const int num_prefix : {0, 1}) {
        ExpectOfficial(embed_dim, grid, num_prefix);
      }
    }
  }
}

TEST(SinCosPositionEmbedding, EncodesTheColumnFirst) {
  const at::Tensor pos = SinCosPositionEmbedding(8, {3, 3}, 1);
  const at::Tensor row = pos[0][1 + 1 * 3 + 2];  // y = 1, x = 2
  const double expected[] = {std::sin(2),   std::sin(.02), std::cos(2),
                             std::cos(.02), std::sin(1),   std::sin(.01),
                             std::cos(1),   std::cos(.01)};
  for (int d = 0; d < 8; ++d) {
    EXPECT_FLOAT_EQ(row[d].item<float>(), static_cast<float>(expected[d]));
  }
}

TEST(SinCosPositionEmbedding, TheClsRowIsZeroAndAllRowsDiffer) {
  const at::Tensor pos = SinCosPositionEmbedding(192, {14, 14}, 1);
  EXPECT_EQ(pos[0][0].abs().max().item<float>(), 0);
  const float* value = pos.const_data_ptr<float>();
  std::set<std::vector<float>> rows;
  for (int64_t m = 0; m < pos.size(1); ++m, value += 192) {
    rows.insert({value, value + 192});
  }
  EXPECT_EQ(rows.size(), 1 + 14 * 14);
}

TEST(SinCosPositionEmbeddingDeathTest, WantsAMultipleOfFour) {
  EXPECT_DEATH(SinCosPositionEmbedding(6, (Grid{2, 2}), 1), "embed_dim % 4");
}

// The cubic convolution kernel (Keys, 1981) with PyTorch's a = -0.75.
double Cubic(double t) {
  constexpr double a = -0.75;
  t = std::abs(t);
  if (t <= 1) return (a + 2) * t * t * t - (a + 3) * t * t + 1;
  if (t < 2) return a * (t * t * t - 5 * t * t + 8 * t - 4);
  return 0;
}

// Returns the weights of output i over `from` inputs; weights outside count for
// the edge.
std::vector<double> CubicWeights(int64_t i, int64_t from, int64_t to) {
  const double centre = (static_cast<double>(i) + 0.5) *
                            static_cast<double>(from) /
                            static_cast<double>(to) -
                        0.5;
  std::vector<double> weights(from, 0.0);
  const auto low = static_cast<int64_t>(std::floor(centre));
  for (int64_t j = low - 1; j <= low + 2; ++j) {
    weights[std::clamp<int64_t>(j, 0, from - 1)] +=
        Cubic(centre - static_cast<double>(j));
  }
  return weights;
}

TEST(InterpolatePositionEmbedding, EqualsTheBicubicFormula) {
  const Grid from{3, 4};
  for (const Grid to : {Grid{6, 8}, Grid{5, 2}, Grid{2, 3}, Grid{1, 1}}) {
    for (const int num_prefix : {0, 1, 2}) {
      const at::Tensor pos = Normal({1, num_prefix + from.size(), 4}, 1);
      const at::Tensor out =
          InterpolatePositionEmbedding(pos, num_prefix, from, to);
      ASSERT_EQ(out.sizes(), (at::IntArrayRef{1, num_prefix + to.size(), 4}));
      for (int p = 0; p < num_prefix; ++p) {
        EXPECT_TRUE(at::equal(out[0][p], pos[0][p]));
      }
      for (int64_t n = 0; n < to.size(); ++n) {
        const auto wy = CubicWeights(n / to.width, from.height, to.height);
        const auto wx = CubicWeights(n % to.width, from.width, to.width);
        at::Tensor expected = at::zeros({4}, at::kDouble);
        for (int64_t m = 0; m < from.size(); ++m) {
          expected +=
              wy[m / from.width] * wx[m % from.width] * pos[0][num_prefix + m];
        }
        EXPECT_TRUE(out[0][num_prefix + n].allclose(expected, 0, 1e-12))
            << to.height << " x " << to.width << ", row " << n;
      }
    }
  }
}

TEST(InterpolatePositionEmbedding, TheSameGridChangesNothing) {
  const at::Tensor pos = Normal({1, 7, 4}, 1);
  EXPECT_TRUE(
      InterpolatePositionEmbedding(pos, 1, {2, 3}, {2, 3}).is_same(pos));
}

TEST(InterpolatePositionEmbedding, GradientIsTheDerivative) {
  const at::Tensor pos = Normal({1, 7, 4}, 1).requires_grad_();
  const at::Tensor direction = Normal({1, 13, 4}, 2);
  ExpectGradients(
      [&] {
        return (InterpolatePositionEmbedding(pos, 1, {2, 3}, {3, 4}) *
                direction)
            .sum();
      },
      {{"pos", pos}});
}

TEST(InterpolatePositionEmbeddingDeathTest, WantsTheRowsOfItsGrid) {
  EXPECT_DEATH(
      InterpolatePositionEmbedding(Normal({1, 7, 4}, 1), 1, {3, 3}, {2, 2}),
      "position.size");
}

}  // namespace
}  // namespace caldera::vit
