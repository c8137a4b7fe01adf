#include "data/augment/resize.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>

namespace caldera::data {
namespace {

constexpr int64_t kSmall = 64 * 64;  // pixels of a result

void CheckImage(const at::Tensor& image) {
  CHECK_EQ(image.dim(), 3);
  CHECK(image.scalar_type() == at::kByte) << image.scalar_type();
  CHECK(image.numel() > 0);
}

at::Tensor Interpolate(const at::Tensor& batch, Filter filter, int64_t height,
                       int64_t width) {
  return filter == Filter::kBicubic
             ? at::_upsample_bicubic2d_aa(batch, {height, width},
                                          /*align_corners=*/false)
             : at::_upsample_bilinear2d_aa(batch, {height, width},
                                           /*align_corners=*/false);
}

}  // namespace

void ResizeTo(const at::Tensor& image, Filter filter, const at::Tensor& out) {
  CheckImage(image);
  CheckImage(out);
  CHECK(out.is_contiguous());
  CHECK_EQ(image.size(0), out.size(0));
  const int64_t height = out.size(1), width = out.size(2);
  const bool copy = image.size(1) == height && image.size(2) == width;
  if (copy || height * width <= kSmall) {
    Resample({image.const_data_ptr<uint8_t>(), image.size(0), image.size(1),
              image.size(2), image.stride(0), image.stride(1), image.stride(2)},
             filter, height, width, out.mutable_data_ptr<uint8_t>());
    return;
  }
  // [1, C, H, W]. The batch's stride must be that of interleaved memory, or
  // ATen would unpack the result of an interleaved image into planes.
  at::Tensor batch =
      image.permute({1, 2, 0}).unsqueeze(0).permute({0, 3, 1, 2});
  if (ColumnsFirst(image.size(1), image.size(2), height, width)) {
    batch = Interpolate(batch, filter, height, image.size(2));
  }
  out.copy_(Interpolate(batch, filter, height, width)[0]);  // [C, S, T]
}

at::Tensor Resize(const at::Tensor& image, int64_t image_size) {
  CheckImage(image);
  CHECK_GE(image_size, 1);
  const int64_t height = image.size(1), width = image.size(2);
  if (height == image_size && width == image_size) return image;
  const int64_t side = std::min(height, width);
  at::Tensor out =
      at::empty({image.size(0), image_size, image_size}, at::kByte);
  ResizeTo(image.narrow(1, (height - side) / 2, side)
               .narrow(2, (width - side) / 2, side),
           Filter::kBicubic, out);
  return out;
}

}  // namespace caldera::data
