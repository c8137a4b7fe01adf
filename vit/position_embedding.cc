#include "vit/position_embedding.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <cmath>
#include <optional>

#include "vit/parameter.h"

namespace caldera::vit {

at::Tensor SinCosPositionEmbedding(int64_t embed_dim, const Grid& grid,
                                   int64_t num_prefix) {
  if (ShapesOnly::active()) {
    return NewParameter({1, num_prefix + grid.size(), embed_dim});
  }
  CHECK_EQ(embed_dim % 4, 0);
  const int64_t quarter = embed_dim / 4;
  at::Tensor embedding = at::zeros({1, num_prefix + grid.size(), embed_dim},
                                   at::kFloat);  // [1, P + N, D]
  float* out = embedding.data_ptr<float>() + num_prefix * embed_dim;
  for (int64_t y = 0; y < grid.height; ++y) {
    for (int64_t x = 0; x < grid.width; ++x, out += embed_dim) {
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

at::Tensor InterpolatePositionEmbedding(const at::Tensor& position,
                                        int64_t num_prefix, const Grid& from,
                                        const Grid& to) {
  CHECK_EQ(position.size(1), num_prefix + from.size());
  if (from == to) return position;
  const int64_t d = position.size(2);
  const at::Tensor image = position.slice(1, num_prefix)
                               .reshape({1, from.height, from.width, d})
                               .permute({0, 3, 1, 2});  // [1, D, h, w]
  const at::Tensor resized =
      at::upsample_bicubic2d(image, {to.height, to.width},
                             /*align_corners=*/false)
          .permute({0, 2, 3, 1})        // [1, h', w', D]
          .reshape({1, to.size(), d});  // [1, N', D]
  if (num_prefix == 0) return resized;
  return at::cat({position.slice(1, 0, num_prefix), resized}, 1);
}

}  // namespace caldera::vit
