// Measures the best rate of a device, to compare the rate of a step with.
//
//   const double share = step_flop / step_seconds / MatrixProductRate(device);
#ifndef CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_
#define CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns the FLOP per second of a matrix product in this process, with its
// threads: the best of several, in about a tenth of a second on two CPU cores.
// `dtype` is the type of the factors.
double MatrixProductRate(const at::Device& device,
                         at::ScalarType dtype = at::kFloat);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_MATRIX_PRODUCT_RATE_H_
