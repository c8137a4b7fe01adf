// A linear layer of which only some outputs are wanted: the queries of an
// attention whose matrix also has the keys and values.
//
//   at::Tensor q = vit::LinearRows(qkv, x, 0, d);  // [..., D] of [..., 3D]
#ifndef CALDERA_VIT_OPS_LINEAR_ROWS_H_
#define CALDERA_VIT_OPS_LINEAR_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "vit/ops/linear.h"

namespace caldera::vit {

// Returns the outputs `from` to `to` of linear.forward(x): [..., in] -> [...,
// to - from].
at::Tensor LinearRows(const Linear& linear, const at::Tensor& x, int64_t from,
                      int64_t to);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_LINEAR_ROWS_H_
