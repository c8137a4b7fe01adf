// The distance of EMAE's term, consistency.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_CONSISTENCY_H_
#define CALDERA_SSL_TERMS_PARTS_CONSISTENCY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// Returns the scalar mean distance of prediction [B*K, N, T] under mask [B*K,
// N] (1 = removed), where the K masks of an image follow one another; 0 if no
// patch is removed by two of them.
at::Tensor Inconsistency(const at::Tensor& prediction, const at::Tensor& mask,
                         int64_t num_masks);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_CONSISTENCY_H_
