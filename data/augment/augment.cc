#include "data/augment/augment.h"

#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>
#include <vector>

#include "data/augment/pixel_op/byte_image.h"
#include "data/augment/resample.h"
#include "data/augment/resize.h"

namespace caldera::data {
namespace {

// Copies the square of `plan` from resized [C, h, w], contiguous, to out [C, S,
// S]. resized begins at (top, left) of the whole resized image.
void CutSquare(const AugmentPlan& plan, const at::Tensor& resized, int64_t top,
               int64_t left, const at::Tensor& out) {
  const int64_t height = resized.size(1), width = resized.size(2);
  const int64_t size = out.size(1);
  std::vector<int64_t> columns(size);
  for (int64_t x = 0; x < size; ++x) {
    columns[x] =
        MirroredIndex(plan.left + x, plan.resized_width, plan.padding_mode);
  }
  const uint8_t* plane = resized.const_data_ptr<uint8_t>();
  uint8_t* to = out.mutable_data_ptr<uint8_t>();
  for (int64_t c = 0; c < out.size(0); ++c, plane += height * width) {
    for (int64_t y = 0; y < size; ++y, to += size) {
      const int64_t row =
          MirroredIndex(plan.top + y, plan.resized_height, plan.padding_mode);
      for (int64_t x = 0; x < size; ++x) {
        to[x] = row < 0 || columns[x] < 0
                    ? 0
                    : plane[(row - top) * width + columns[x] - left];
      }
    }
  }
}

// Resizes only what the square of `plan` needs.
void ResizePart(const AugmentPlan& plan, const at::Tensor& crop,
                const at::Tensor& out) {
  const Span& rows = plan.down.outputs;
  const Span& columns = plan.across.outputs;
  const at::Tensor resized =
      at::empty({crop.size(0), rows.count, columns.count}, at::kByte);
  ResamplePart({crop.const_data_ptr<uint8_t>(), crop.size(0), crop.size(1),
                crop.size(2), crop.stride(0), crop.stride(1), crop.stride(2)},
               plan.filter, plan.down, plan.across,
               resized.mutable_data_ptr<uint8_t>());
  CutSquare(plan, resized, rows.begin, columns.begin, out);
}

void Flip(const ByteImage& image) {
  uint8_t* row = image.data;
  for (int64_t y = 0; y < image.channels * image.height; ++y) {
    std::reverse(row, row + image.width);
    row += image.width;
  }
}

}  // namespace

void ApplyAugmentPlanTo(const AugmentPlan& plan, const at::Tensor& crop,
                        const at::Tensor& out) {
  CHECK_EQ(crop.dim(), 3);
  CHECK_EQ(crop.size(1), plan.crop.height);
  CHECK_EQ(crop.size(2), plan.crop.width);
  const int64_t channels = out.size(0), size = out.size(1);
  CHECK_EQ(out.size(2), size);
  CHECK(channels == 1 || channels == 3 || plan.ops.empty()) << channels;
  CHECK(out.is_contiguous());
  if (plan.down.in > 0) {
    ResizePart(plan, crop, out);
  } else if (plan.resized_height == size && plan.resized_width == size &&
             plan.top == 0 && plan.left == 0) {
    ResizeTo(crop, plan.filter, out);
  } else {
    const at::Tensor resized = at::empty(
        {channels, plan.resized_height, plan.resized_width}, at::kByte);
    ResizeTo(crop, plan.filter, resized);
    CutSquare(plan, resized, 0, 0, out);
  }
  const ByteImage image{out.mutable_data_ptr<uint8_t>(), channels, size, size};
  if (plan.flip) Flip(image);
  for (const PixelOp& op : plan.ops) op.ApplyTo(image);
}

at::Tensor ApplyAugmentPlan(const AugmentPlan& plan, const at::Tensor& image,
                            int64_t image_size) {
  CHECK_EQ(image.dim(), 3);
  CHECK_GE(image_size, 1);
  at::Tensor out =
      at::empty({image.size(0), image_size, image_size}, at::kByte);
  ApplyAugmentPlanTo(plan,
                     image.narrow(1, plan.crop.top, plan.crop.height)
                         .narrow(2, plan.crop.left, plan.crop.width),
                     out);
  return out;
}

}  // namespace caldera::data
