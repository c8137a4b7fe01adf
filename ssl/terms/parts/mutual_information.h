// MI-MAE's bounds of mutual information between an image x and a latent z.
//
//   at::Tensor fit = -LogLikelihood(q.mean, q.log_variance, z.detach()).mean();
//   at::Tensor bound = ClubBound(q.mean, q.log_variance, z);
#ifndef CALDERA_SSL_TERMS_PARTS_MUTUAL_INFORMATION_H_
#define CALDERA_SSL_TERMS_PARTS_MUTUAL_INFORMATION_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns log q(z_i | x_i) of a normal distribution whose numbers are
// independent, divided by D: [B]. mean, log_variance: what q says of x_i, and
// z: [B, D].
at::Tensor LogLikelihood(const at::Tensor& mean, const at::Tensor& log_variance,
                         const at::Tensor& z);

// Returns the upper bound of I(x; z) that is
//   mean_i log q(z_i | x_i) - mean_ij log q(z_j | x_i),
// divided by D, from B pairs; q is taken as it is, without gradient. It is a
// bound where q is the true conditional distribution, and no pair is computed
// alone. Source: Cheng et al., CLUB, ICML 2020, equations 3 and 11.
at::Tensor ClubBound(const at::Tensor& mean, const at::Tensor& log_variance,
                     const at::Tensor& z);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_MUTUAL_INFORMATION_H_
