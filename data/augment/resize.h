// Resizes an image with antialiasing, as Pillow does with bytes.
//
//   ResizeTo(image, Filter::kBicubic, out);
//
// Results of at most 64 x 64 pixels are Pillow's bit for bit
// (data/augment/resample.h); larger ones go through ATen's `_aa` operators,
// whose 16-bit weights give values within 1 of Pillow's.
#ifndef CALDERA_DATA_AUGMENT_RESIZE_H_
#define CALDERA_DATA_AUGMENT_RESIZE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/augment/resample.h"

namespace caldera::data {

// Resizes `image`, uint8 [C, H, W] of any strides (channels-last is fastest for
// photos), into `out`, contiguous uint8 [C, S, T] in other memory. No size is
// 0. Equal sizes are copied.
void ResizeTo(const at::Tensor& image, Filter filter, const at::Tensor& out);

// Returns the largest centred square of `image`, uint8 [C, H, W], resized
// (bicubic) to uint8 [C, S, S]; returns `image` itself if H = W = S.
at::Tensor Resize(const at::Tensor& image, int64_t image_size);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_RESIZE_H_
