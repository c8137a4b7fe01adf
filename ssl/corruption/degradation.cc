#include "ssl/corruption/degradation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>
#include <cmath>

#include "ssl/corruption/image_noise.h"

namespace caldera::ssl {

std::vector<at::Tensor> Downsample::Draw(const data::Streams& /*streams*/,
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

std::vector<at::Tensor> Blur::Draw(const data::Streams& /*streams*/,
                                   const at::Tensor& /*index*/) const {
  return {};
}

CorruptedImages Blur::Apply(const at::Tensor& images,
                            const std::vector<at::Tensor>& /*draws*/) const {
  const int64_t c = images.size(1);
  // A mirror shows all but the edge itself once.
  const int64_t most = std::min(images.size(2), images.size(3)) - 1;
  const int64_t r = std::min(most, static_cast<int64_t>(std::ceil(3 * sigma_)));
  const at::Tensor places = at::arange(-r, r + 1, images.options());
  at::Tensor kernel = (-places.square() / (2 * sigma_ * sigma_)).exp();
  kernel = (kernel / kernel.sum()).view({1, 1, 1, -1}).expand({c, 1, 1, -1});
  const at::Tensor padded = at::reflection_pad2d(images, {r, r, r, r});
  const std::vector<int64_t> one = {1, 1}, none = {0, 0};
  const auto convolve = [&](const at::Tensor& x, const at::Tensor& weight) {
    return at::conv2d(x, weight, /*bias=*/at::Tensor(), /*stride=*/one,
                      /*padding=*/none, /*dilation=*/one, /*groups=*/c);
  };
  return {convolve(convolve(padded, kernel), kernel.transpose(2, 3)), {}, {}};
}

std::vector<at::Tensor> Noise::Draw(const data::Streams& streams,
                                    const at::Tensor& index) const {
  return {ImageNoise(streams, index, sizes_)};
}

CorruptedImages Noise::Apply(const at::Tensor& images,
                             const std::vector<at::Tensor>& draws) const {
  return {images + sigma_ * draws[0].to(images.scalar_type()), {}, {}};
}

}  // namespace caldera::ssl
