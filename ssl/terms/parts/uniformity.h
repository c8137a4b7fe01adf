// The function of U-MAE's term, uniformity.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_UNIFORMITY_H_
#define CALDERA_SSL_TERMS_PARTS_UNIFORMITY_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns U-MAE's uniformity term, which keeps features from collapsing.
//
//   at::Tensor loss = Uniformity(latent.select(1, 0));  // CLS features [B, D]
//
// For features [B, D] the term is the scalar mean((z z^T)^2) with z = features
// / max(norm, 1e-12) by row, computed in float32 at least.
//
// Caveat: the mean includes the diagonal, so B pairs contribute 1 each: the
// term's least value is 1 / B, not 0.
//
// Source: Zhang, Wang, Wang, NeurIPS 2022, eq. 11; zhangq327/U-MAE,
// loss_func.py.
at::Tensor Uniformity(const at::Tensor& features);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_UNIFORMITY_H_
