#include "data/augment.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace caldera::data {
namespace {

// Python's round(): halves to even.
int64_t Round(double v) { return std::llrint(v); }

void CheckImage(const at::Tensor& image) {
  CHECK_EQ(image.dim(), 3);
  CHECK(image.scalar_type() == at::kByte) << image.scalar_type();
  CHECK(image.numel() > 0);
}

// Largest centred square.
AugmentPlan CentreSquare(int64_t height, int64_t width) {
  AugmentPlan plan;
  plan.height = plan.width = std::min(height, width);
  plan.top = (height - plan.height) / 2;
  plan.left = (width - plan.width) / 2;
  return plan;
}

// in: uint8 [C, h, w] of any strides; out: uint8 [C, h, w] contiguous.
void Copy(const at::Tensor& in, bool flip, const at::Tensor& out) {
  const int64_t channels = in.size(0), height = in.size(1), width = in.size(2);
  const int64_t stride = in.stride(2);
  uint8_t* to = out.mutable_data_ptr<uint8_t>();
  for (int64_t c = 0; c < channels; ++c) {
    const uint8_t* plane = in.const_data_ptr<uint8_t>() + c * in.stride(0);
    for (int64_t y = 0; y < height; ++y, to += width) {
      const uint8_t* row = plane + y * in.stride(1);
      if (flip) {
        for (int64_t x = 0; x < width; ++x) {
          to[x] = row[(width - 1 - x) * stride];
        }
      } else if (stride == 1) {
        std::memcpy(to, row, width);
      } else {
        for (int64_t x = 0; x < width; ++x) to[x] = row[x * stride];
      }
    }
  }
}

// [C, h, w] -> [C, size, size], of any strides.
at::Tensor Interpolate(const at::Tensor& in, int64_t size,
                       RandomResizedCropSpec::Interpolation interpolation) {
  if (in.size(1) == size && in.size(2) == size) return in;
  const at::Tensor batch = in.unsqueeze(0);  // [1, C, h, w]
  const at::Tensor resized =
      interpolation == RandomResizedCropSpec::BICUBIC
          ? at::_upsample_bicubic2d_aa(batch, {size, size},
                                       /*align_corners=*/false)
          : at::_upsample_bilinear2d_aa(batch, {size, size},
                                        /*align_corners=*/false);
  return resized.squeeze(0);  // [C, size, size]
}

}  // namespace

AugmentPlan DrawAugmentPlan(const AugmentSpec& spec, int64_t height,
                            int64_t width, RandomStream& stream) {
  AugmentPlan plan;
  plan.height = height;
  plan.width = width;
  // First, so that the flip does not depend on how many tries a crop takes.
  plan.flip = stream.Uniform() < spec.horizontal_flip();
  if (!spec.has_random_resized_crop()) return plan;

  const RandomResizedCropSpec& crop = spec.random_resized_crop();
  plan.crop = true;
  const double area = static_cast<double>(height) * static_cast<double>(width);
  const double log_min = std::log(crop.min_ratio());
  const double log_max = std::log(crop.max_ratio());
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target =
        area * stream.Uniform(crop.min_scale(), crop.max_scale());
    const double ratio = std::exp(stream.Uniform(log_min, log_max));
    const int64_t w = Round(std::sqrt(target * ratio));
    const int64_t h = Round(std::sqrt(target / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    plan.height = h;
    plan.width = w;
    plan.top = stream.UniformInt(height - h + 1);
    plan.left = stream.UniformInt(width - w + 1);
    return plan;
  }

  const double ratio = static_cast<double>(width) / static_cast<double>(height);
  if (ratio < crop.min_ratio()) {
    plan.height = Round(static_cast<double>(width) / crop.min_ratio());
    plan.height = std::clamp<int64_t>(plan.height, 1, height);
  } else if (ratio > crop.max_ratio()) {
    plan.width = Round(static_cast<double>(height) * crop.max_ratio());
    plan.width = std::clamp<int64_t>(plan.width, 1, width);
  }
  plan.top = (height - plan.height) / 2;
  plan.left = (width - plan.width) / 2;
  return plan;
}

void ApplyAugmentPlanTo(const AugmentPlan& plan,
                        RandomResizedCropSpec::Interpolation interpolation,
                        const at::Tensor& image, const at::Tensor& out) {
  CheckImage(image);
  CheckImage(out);
  CHECK(out.is_contiguous());
  CHECK_EQ(image.size(0), out.size(0));
  CHECK_EQ(out.size(1), out.size(2));
  const AugmentPlan box =
      plan.crop ? plan : CentreSquare(image.size(1), image.size(2));
  CHECK(box.height >= 1 && box.width >= 1);
  const bool whole = box.height == image.size(1) && box.width == image.size(2);
  const at::Tensor cropped =  // [C, h, w], a view
      whole
          ? image
          : image.narrow(1, box.top, box.height).narrow(2, box.left, box.width);
  Copy(Interpolate(cropped, out.size(1), interpolation), plan.flip, out);
}

at::Tensor ApplyAugmentPlan(const AugmentPlan& plan,
                            RandomResizedCropSpec::Interpolation interpolation,
                            const at::Tensor& image, int64_t image_size) {
  CheckImage(image);
  CHECK_GE(image_size, 1);
  at::Tensor out =
      at::empty({image.size(0), image_size, image_size}, at::kByte);
  ApplyAugmentPlanTo(plan, interpolation, image, out);
  return out;
}

at::Tensor Resize(const at::Tensor& image, int64_t image_size) {
  CheckImage(image);
  if (image.size(1) == image_size && image.size(2) == image_size) return image;
  return ApplyAugmentPlan(AugmentPlan(), RandomResizedCropSpec::BICUBIC, image,
                          image_size);
}

}  // namespace caldera::data
