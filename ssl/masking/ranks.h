// Ranks values in ascending order.
//
//   Ranks(at::tensor({{0.7, 0.1, 0.4}}));  // {{2, 0, 1}}
#ifndef CALDERA_SSL_MASKING_RANKS_H_
#define CALDERA_SSL_MASKING_RANKS_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/argsort.h>

namespace caldera::ssl {

// Returns the ranks of values [B, N], int64 [B, N], 0 for the smallest of a
// row; equal values are ranked in their order. Does not wait for the device.
inline at::Tensor Ranks(const at::Tensor& values) {
  const at::Tensor order = at::argsort(values, /*stable=*/true, /*dim=*/1);
  return at::argsort(order, /*stable=*/true, /*dim=*/1);
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_RANKS_H_
