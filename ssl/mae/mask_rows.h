// The rows of K masks per image: row b K + k belongs to mask k of image b.
//
//   at::Tensor rows = RepeatPerMask(images, k);  // [B, ...] -> [B*K, ...]
//   at::Tensor first = FirstOfEach(rows, b);     // [B*K, ...] -> [B, ...]
#ifndef CALDERA_SSL_MAE_MASK_ROWS_H_
#define CALDERA_SSL_MAE_MASK_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "ssl/masking/mask.h"

namespace caldera::ssl {

// Repeats each row for the K masks of its image: [B, ...] -> [B*K, ...]. An
// undefined tensor stays undefined, here and below.
at::Tensor RepeatPerMask(const at::Tensor& rows, int64_t num_masks);

// Selects the first of each image's rows: [B*K, ...] -> [B, ...].
at::Tensor FirstOfEach(const at::Tensor& rows, int64_t num_images);

// Selects the removed patches, in the order of mask.ids_remove:
// [B*K, N, ...] -> [B*K, Nm, ...].
at::Tensor Removed(const at::Tensor& patches, const Mask& mask);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASK_ROWS_H_
