// SimCLR's contrastive loss: the model must recognise each sample's other view
// among all samples of the batch.
//
//   at::Tensor loss = NtXent(z1, z2, /*temperature=*/0.2);
//
// Caveats: the loss grows with the batch (log(2 B - 1) for features that are
// all equal), so losses of runs with different batch sizes are not comparable.
// With several processes pass the gathered features.
#ifndef CALDERA_SSL_LOSSES_NT_XENT_H_
#define CALDERA_SSL_LOSSES_NT_XENT_H_

#include <ATen/core/Tensor.h>

#include <optional>

namespace caldera::ssl {

// Returns the scalar loss of z1, z2 [B, D], the projections of two views of the
// same B images, not yet normalised. Over the 2 B samples i it is
//   -mean_i log(sum_{j in P(i)} exp(cos_ij / T) / sum_{j != i} exp(cos_ij / T))
// where P(i) are the samples other than i with the id of i. `ids`, int64 [B],
// numbers the images; equal numbers are positives of each other (labels make
// the loss supervised). Without it, the other view is the only positive.
//
// It is computed in float32 at least and through log-sum-exp, and so is finite
// for any temperature that float32 divides by. A row of zeros has cosine 0 with
// all rows. Throws c10::Error if the shapes differ, if B < 2 (there is nothing
// to tell apart) or if the temperature is not above 0.
// Source: Chen et al., ICML 2020, equation 1; adondera/magma (solo-learn),
// solo/losses/simclr.py.
at::Tensor NtXent(const at::Tensor& z1, const at::Tensor& z2,
                  double temperature,
                  const std::optional<at::Tensor>& ids = std::nullopt);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_NT_XENT_H_
