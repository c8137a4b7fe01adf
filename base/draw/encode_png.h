// Encodes an image as the bytes of a PNG file.
//
//   absl::StatusOr<std::string> bytes = EncodePng(image);  // [3, H, W]
//
// Caveat: the file has 8 bits per channel and no alpha, and is read as sRGB.
#ifndef CALDERA_BASE_DRAW_ENCODE_PNG_H_
#define CALDERA_BASE_DRAW_ENCODE_PNG_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"

namespace caldera::base {

// Returns the file of `image`, uint8 [C, H, W] with C = 1 (grey) or 3 (RGB), of
// any strides or device. Errors: InvalidArgument for another shape or dtype.
absl::StatusOr<std::string> EncodePng(const at::Tensor& image);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_ENCODE_PNG_H_
