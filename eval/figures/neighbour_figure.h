// Shows what an encoder finds alike, without labels: a few photos, each beside
// its nearest neighbours by the cosine of their features.
//
//   absl::StatusOr<at::Tensor> picture =
//       NeighbourFigure(images, features, /*photos=*/6, /*neighbours=*/5);
//   absl::Status status = WritePng("images/neighbours.png", *picture);
//
// A row a photo: the photo, then its neighbours, the nearest first.
#ifndef CALDERA_EVAL_FIGURES_NEIGHBOUR_FIGURE_H_
#define CALDERA_EVAL_FIGURES_NEIGHBOUR_FIGURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::eval {

// For each of `photos` rows at even distances in `features` [N, D] the rows
// nearest to it by cosine, itself first, then at most `neighbours` others.
// CHECK: N >= 2.
std::vector<std::vector<int64_t>> NearestRows(const at::Tensor& features,
                                              int64_t photos,
                                              int64_t neighbours);

// images: uint8 [N, C, H, W], C = 1 or 3, of the same rows. Returns uint8 [3,
// H', W'] on the CPU, or the error of base::SvgPixels.
absl::StatusOr<at::Tensor> NeighbourFigure(const at::Tensor& images,
                                           const at::Tensor& features,
                                           int64_t photos, int64_t neighbours);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_NEIGHBOUR_FIGURE_H_
