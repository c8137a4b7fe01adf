// PaCMAP embeds features in the plane and keeps neighbourhoods and the global
// shape (Wang, Huang, Rudin and Shaposhnik, JMLR 2021).
//
//   absl::StatusOr<at::Tensor> plane = Pacmap(features, {});  // [N, 2]
//
// Follows the authors' package 0.9.1 in its defaults: features wider than 100
// are first reduced to 100 principal components, narrower ones scaled to 0..1
// and centred; the plane starts at the first two components.
//
// Caveats: the result is a function of features and seed for any number of
// threads, but differs from the package's, which draws other random pairs.
// Distances between far clusters mean little. Up to `exact_up_to` rows the
// neighbours are exact.
#ifndef CALDERA_EVAL_PACMAP_PACMAP_H_
#define CALDERA_EVAL_PACMAP_PACMAP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "eval/pacmap/layout.h"

namespace caldera::eval {

struct PacmapOptions {
  int64_t neighbours = 0;  // 0: by the number of rows (CountsFor)
  double mn_ratio = 0.5, fp_ratio = 2;
  int64_t exact_up_to = 20000;
  LayoutOptions layout;
  uint64_t seed = 0;
};

// Embeds features [N, D], floating point, as float [N, 2]. Errors:
// InvalidArgument for fewer than 12 rows, a row that is not finite (the error
// names it), and a ratio or a count below 0.
absl::StatusOr<at::Tensor> Pacmap(const at::Tensor& features,
                                  const PacmapOptions& options);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PACMAP_PACMAP_H_
