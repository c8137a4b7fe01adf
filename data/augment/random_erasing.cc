#include "data/augment/random_erasing.h"

#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <cmath>
#include <map>

#include "data/augment/copy_to_device.h"

namespace caldera::data {

std::optional<Rectangle> DrawErasing(const RandomErasingSpec& spec,
                                     int64_t height, int64_t width,
                                     base::RandomStream& stream) {
  if (!(stream.Uniform() < spec.probability())) return std::nullopt;
  const double image = static_cast<double>(height) * static_cast<double>(width);
  const double log_min = std::log(spec.min_ratio());
  const double log_max = std::log(spec.max_ratio());
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area =
        image * stream.Uniform(spec.min_area(), spec.max_area());
    const double ratio = std::exp(stream.Uniform(log_min, log_max));
    const int64_t h = std::llrint(std::sqrt(area * ratio));
    const int64_t w = std::llrint(std::sqrt(area / ratio));
    if (h < 1 || w < 1 || h >= height || w >= width) continue;
    const int64_t top = stream.UniformInt(height - h + 1);
    const int64_t left = stream.UniformInt(width - w + 1);
    return Rectangle{top, left, h, w};
  }
  return std::nullopt;
}

void EraseRandomly(const RandomErasingSpec& spec, uint64_t seed, int64_t epoch,
                   int64_t view, const at::Tensor& index,
                   const at::Tensor& images) {
  CHECK_EQ(images.dim(), 4);
  CHECK(images.scalar_type() == at::kFloat) << images.scalar_type();
  CHECK_EQ(index.numel(), images.size(0));
  const int64_t* sample = index.const_data_ptr<int64_t>();
  std::map<int64_t, int64_t> copies;  // of an image, so far
  for (int64_t b = 0; b < images.size(0); ++b) {
    const int64_t copy = copies[sample[b]]++;
    base::RandomStream stream(seed, "erase", epoch,
                              sample[b] | view << 48 | copy << 40);
    const std::optional<Rectangle> erased =
        DrawErasing(spec, images.size(2), images.size(3), stream);
    if (!erased.has_value()) continue;
    const at::Tensor noise =
        at::empty({images.size(1), erased->height, erased->width}, at::kFloat);
    float* value = noise.mutable_data_ptr<float>();
    for (int64_t i = 0; i < noise.numel(); ++i) {
      value[i] = static_cast<float>(stream.Normal());
    }
    images.select(0, b)
        .narrow(1, erased->top, erased->height)
        .narrow(2, erased->left, erased->width)
        .copy_(CopyToDevice(noise, images.device()));
  }
}

}  // namespace caldera::data
