#ifndef CALDERA_SSL_LOSSES_MASKED_MSE_H_
#define CALDERA_SSL_LOSSES_MASKED_MSE_H_

// MAE's reconstruction loss: mean squared error over the removed patches only.
//
//   at::Tensor loss = MaskedMse(prediction, target, mask);
//
// Caveat: a mask of zeros (nothing removed) has no loss and gives NaN.

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// prediction, target [B, N, T]; mask [B, N], 1 = removed -> scalar.
// Source: facebookresearch/mae, models_mae.py, forward_loss.
at::Tensor MaskedMse(const at::Tensor& prediction, const at::Tensor& target,
                     const at::Tensor& mask);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MASKED_MSE_H_
