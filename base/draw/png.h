// Writes an image as PNG.
//
//   absl::Status status = WritePng("images/step_100.png", image);  // [3, H, W]
//
// Caveat: 8 bits a channel, no alpha, taken as sRGB.
#ifndef CALDERA_BASE_DRAW_PNG_H_
#define CALDERA_BASE_DRAW_PNG_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"

namespace caldera::base {

// `image` uint8 [C, H, W] with C = 1 (grey) or 3 (RGB), any strides or device.
// Written beside and renamed. InvalidArgumentError for another shape or dtype,
// else as ReplaceFile; both name the path.
absl::Status WritePng(const std::string& path, const at::Tensor& image);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_PNG_H_
