// Renders an SVG with its text as pixels, by librsvg.
//
//   absl::StatusOr<at::Tensor> pixels = SvgPixels(svg, /*scale=*/2);
//   WritePng("curves.png", *pixels);
//
// Caveats: the library (Debian's librsvg2-2) is opened by the first call, so
// that programs start without it. Text takes the system's sans-serif font, so
// its pixels differ from machine to machine. Files that the SVG names are not
// loaded.
#ifndef CALDERA_BASE_DRAW_SVG_PIXELS_H_
#define CALDERA_BASE_DRAW_SVG_PIXELS_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"

namespace caldera::base {

// Returns uint8 [3, H, W] on the CPU: the complete <svg> element, whose width
// and height are in pixels, drawn on white at `scale` > 0 times its size.
// Errors: InvalidArgument if the text is not an SVG, has no size, or is more
// than 16,384 pixels wide or high when scaled; NotFound or FailedPrecondition
// without a library that can do it.
absl::StatusOr<at::Tensor> SvgPixels(const std::string& svg, double scale);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_SVG_PIXELS_H_
