// What a device gives at best: the yardstick of a step's speed.
//
//   const double share = step_flop / step_seconds / MatrixProductRate(device);
#ifndef CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_
#define CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// FLOP a second of a matrix product in this process, with its threads: the best
// of some, in about a tenth of a second on two CPU cores. dtype: of the
// factors.
double MatrixProductRate(const at::Device& device,
                         at::ScalarType dtype = at::kFloat);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_
