// The function of Matrix M-MAE's term, coding_rate.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_CODING_RATE_H_
#define CALDERA_SSL_TERMS_PARTS_CODING_RATE_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns the total coding rate of a batch, a measure of how many directions
// its features fill.
//
//   at::Tensor rate = CodingRate(latent.select(1, 0), /*mu=*/1);  // CLS [B, D]
//   loss = reconstruction - 0.01 * rate;                // Matrix M-MAE
//
// Caveat: the rate grows with the batch, nearly as mu B / D while that is
// small. Its second-order expansion in mu is
//
//   mu B / D - mu^2 B^2 / (2 D^2) * Uniformity(features),
//
// so that U-MAE is Matrix M-MAE to that order.
//
// For features [B, D] the rate is the scalar log det(I + mu / D z^T z) with
// z = features / max(norm, 1e-12) by row. It is computed in float32 at least,
// from the smaller of z^T z and z z^T, without waiting for the device; the
// gradient is the first derivative only. It is NaN if a feature is not finite.
// Source: Tan, Yang, Huang, Yuan, Zhang, Information Flow in Self-Supervised
// Learning, ICML 2024; yifanzhang-pro/M-MAE, loss_func.py,
// uniformity_loss_TCR.
at::Tensor CodingRate(const at::Tensor& features, double mu);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_CODING_RATE_H_
