#include "ssl/terms/local_dimension.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <tuple>

#include "ssl/losses/wide.h"

namespace caldera::ssl {
namespace {

constexpr double kFloor = 1e-3;  // of the spread

}  // namespace

at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors) {
  const at::Tensor wide = Wide(features);
  const int64_t b = wide.size(0), k = std::min(neighbors, b - 1);
  if (k < 2) return 0 * wide.sum(1);
  // Distances are the same without the mean, which would only round them.
  const at::Tensor x = wide - wide.detach().mean(0);  // [B, D]
  const at::Tensor y = detach_neighbors ? x.detach() : x;
  const at::Tensor x2 = x.square().sum(1), y2 = y.square().sum(1);  // [B]
  const at::Tensor squares = x2.unsqueeze(1) + y2 - 2 * at::matmul(x, y.t());
  const at::Tensor floor2 =
      (x2.detach().mean() * (kFloor * kFloor)).clamp_min(1e-30);  // []
  // [B, k + 1], ascending; a sample is its own nearest.
  const at::Tensor nearest = std::get<0>(
      at::topk(squares, k + 1, /*dim=*/1, /*largest=*/false, /*sorted=*/true));
  const at::Tensor distances =
      at::maximum(nearest.slice(1, 1), floor2).sqrt();           // [B, k]
  const at::Tensor mean = distances.slice(1, 0, k - 1).mean(1);  // [B]
  const at::Tensor gap = distances.select(1, k - 1) - mean;      // [B]
  return mean.log() - at::maximum(gap, floor2.sqrt()).log();
}

}  // namespace caldera::ssl
