#include "vit/position_embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace caldera::vit {
namespace {

using Matrix = std::vector<std::vector<double>>;

// get_1d_sincos_pos_embed_from_grid(embed_dim, pos).
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

// get_2d_sincos_pos_embed(embed_dim, grid_size, cls_token=True). np.meshgrid(w,
// h) gives two [h, w] arrays: grid[0][i][j] = w[j] and grid[1][i][j] = h[i].
Matrix Official(int embed_dim, int grid_size) {
  std::vector<double> grid[2];
  for (int i = 0; i < grid_size; ++i) {
    for (int j = 0; j < grid_size; ++j) {
      grid[0].push_back(j);
      grid[1].push_back(i);
    }
  }
  const Matrix emb_h = OneDimension(embed_dim / 2, grid[0]);
  const Matrix emb_w = OneDimension(embed_dim / 2, grid[1]);
  Matrix out = {std::vector<double>(embed_dim, 0.0)};
  for (size_t m = 0; m < emb_h.size(); ++m) {
    out.push_back(emb_h[m]);
    out.back().insert(out.back().end(), emb_w[m].begin(), emb_w[m].end());
  }
  return out;
}

TEST(SinCosPositionEmbedding, EqualsTheOfficialFormula) {
  for (const int embed_dim : {4, 16, 192}) {
    for (const int grid_size : {1, 3, 8}) {
      const at::Tensor pos = SinCosPositionEmbedding(embed_dim, grid_size);
      const int rows = 1 + grid_size * grid_size;
      ASSERT_EQ(pos.sizes(), (at::IntArrayRef{1, rows, embed_dim}));
      ASSERT_EQ(pos.scalar_type(), at::kFloat);
      const Matrix expected = Official(embed_dim, grid_size);
      const float* value = pos.const_data_ptr<float>();
      for (int m = 0; m < rows; ++m) {
        for (int d = 0; d < embed_dim; ++d, ++value) {
          ASSERT_FLOAT_EQ(*value, static_cast<float>(expected[m][d]))
              << embed_dim << " dims, row " << m << ", dim " << d;
        }
      }
    }
  }
}

TEST(SinCosPositionEmbedding, EncodesTheColumnFirst) {
  const at::Tensor pos = SinCosPositionEmbedding(8, 3);
  const at::Tensor row = pos[0][1 + 1 * 3 + 2];  // y = 1, x = 2
  const double expected[] = {std::sin(2),   std::sin(.02), std::cos(2),
                             std::cos(.02), std::sin(1),   std::sin(.01),
                             std::cos(1),   std::cos(.01)};
  for (int d = 0; d < 8; ++d) {
    EXPECT_FLOAT_EQ(row[d].item<float>(), static_cast<float>(expected[d]));
  }
}

TEST(SinCosPositionEmbedding, TheClsRowIsZeroAndAllRowsDiffer) {
  const at::Tensor pos = SinCosPositionEmbedding(192, 14);
  EXPECT_EQ(pos[0][0].abs().max().item<float>(), 0);
  const float* value = pos.const_data_ptr<float>();
  std::set<std::vector<float>> rows;
  for (int64_t m = 0; m < pos.size(1); ++m, value += 192) {
    rows.insert({value, value + 192});
  }
  EXPECT_EQ(rows.size(), 1 + 14 * 14);
}

TEST(SinCosPositionEmbeddingDeathTest, WantsAMultipleOfFour) {
  EXPECT_DEATH(SinCosPositionEmbedding(6, 2), "embed_dim % 4");
}

}  // namespace
}  // namespace caldera::vit
