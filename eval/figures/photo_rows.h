// Draws small images in rows, with a title, names of the columns and a caption.
//
//   absl::StatusOr<at::Tensor> picture = PhotoRows(
//       {{a, b}, {c, d}}, "Duplicates", {"photo", "duplicate"}, "of 100");
//   absl::Status status = base::WritePng("duplicates.png", *picture);
#ifndef CALDERA_EVAL_FIGURES_PHOTO_ROWS_H_
#define CALDERA_EVAL_FIGURES_PHOTO_ROWS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::eval {

// rows: uint8 [C, H, W], C = 1 or 3, all of one shape, on the CPU; small images
// are enlarged. Returns uint8 [3, H', W'] on the CPU, or the error of
// base::SvgPixels.
absl::StatusOr<at::Tensor> PhotoRows(
    const std::vector<std::vector<at::Tensor>>& rows, const std::string& title,
    const std::vector<std::string>& columns, const std::string& caption);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_PHOTO_ROWS_H_
