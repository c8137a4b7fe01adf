// Writes an image as PNG.
//
//   absl::Status status = WritePng("images/step_100.png", image);  // [3, H, W]
//
// Caveat: the file has 8 bits per channel and no alpha, and is read as sRGB.
#ifndef CALDERA_BASE_DRAW_PNG_H_
#define CALDERA_BASE_DRAW_PNG_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"

namespace caldera::base {

// Writes `image`, uint8 [C, H, W] with C = 1 (grey) or 3 (RGB), of any strides
// or device, by ReplaceFile. Errors name the path: InvalidArgument for another
// shape or dtype, and those of ReplaceFile.
absl::Status WritePng(const std::string& path, const at::Tensor& image);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_PNG_H_
