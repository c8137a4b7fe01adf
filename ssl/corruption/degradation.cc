#include "ssl/corruption/degradation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ssl/corruption/image_noise.h"

namespace caldera::ssl {

std::vector<at::Tensor> Downsample::Draw(const base::Streams& /*streams*/,
                                         const at::Tensor& /*index*/) const {
  return {};
}

CorruptedImages Downsample::Apply(
    const at::Tensor& images, const std::vector<at::Tensor>& /*draws*/) const {
  const int64_t h = images.size(2), w = images.size(3);
  const at::Tensor small =
      at::upsample_bicubic2d(images, {h / factor_, w / factor_},
                             /*align_corners=*/false);
  return {
      at::upsample_bicubic2d(small, {h, w}, /*align_corners=*/false), {}, {}};
}

std::vector<at::Tensor> Blur::Draw(const base::Streams& /*streams*/,
                                   const at::Tensor& /*index*/) const {
  return {};
}

CorruptedImages Blur::Apply(const at::Tensor& images,
                            const std::vector<at::Tensor>& /*draws*/) const {
  // A mirror shows all but the edge itself once.
  const int64_t most = std::min(images.size(2), images.size(3)) - 1;
  const int64_t r = std::min(most, static_cast<int64_t>(std::ceil(3 * sigma_)));
  std::vector<double> weights;
  for (int64_t d = -r; d <= r; ++d) {
    const auto distance = static_cast<double>(d);
    weights.push_back(std::exp(-distance * distance / (2 * sigma_ * sigma_)));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  // Along one dimension, which `padded` has 2r more of.
  const auto smooth = [&](const at::Tensor& padded, int64_t dim) {
    const int64_t size = padded.size(dim) - 2 * r;
    at::Tensor out = padded.narrow(dim, 0, size) * (weights[0] / sum);
    for (int64_t d = 1; d <= 2 * r; ++d) {
      out.add_(padded.narrow(dim, d, size), weights[d] / sum);
    }
    return out;
  };
  return {
      smooth(smooth(at::reflection_pad2d(images, {r, r, r, r}), 2), 3), {}, {}};
}

std::vector<at::Tensor> Noise::Draw(const base::Streams& streams,
                                    const at::Tensor& index) const {
  return {ImageNoise(streams, index, sizes_)};
}

CorruptedImages Noise::Apply(const at::Tensor& images,
                             const std::vector<at::Tensor>& draws) const {
  return {images + sigma_ * draws[0].to(images.scalar_type()), {}, {}};
}

}  // namespace caldera::ssl
