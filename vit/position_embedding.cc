#include "vit/position_embedding.h"

#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <cmath>

namespace caldera::vit {

at::Tensor SinCosPositionEmbedding(int64_t embed_dim, int64_t grid_size) {
  CHECK_EQ(embed_dim % 4, 0);
  const int64_t quarter = embed_dim / 4;
  at::Tensor embedding = at::zeros({1, 1 + grid_size * grid_size, embed_dim},
                                   at::kFloat);          // [1, 1 + N, D]
  float* out = embedding.data_ptr<float>() + embed_dim;  // past the CLS row
  for (int64_t y = 0; y < grid_size; ++y) {
    for (int64_t x = 0; x < grid_size; ++x, out += embed_dim) {
      for (int64_t i = 0; i < quarter; ++i) {
        const double omega =
            1.0 / std::pow(10000.0, static_cast<double>(i) / quarter);
        out[i] = static_cast<float>(std::sin(x * omega));
        out[quarter + i] = static_cast<float>(std::cos(x * omega));
        out[2 * quarter + i] = static_cast<float>(std::sin(y * omega));
        out[3 * quarter + i] = static_cast<float>(std::cos(y * omega));
      }
    }
  }
  return embedding;
}

}  // namespace caldera::vit
