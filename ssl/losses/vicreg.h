// Computes VICReg's three terms: invariance makes views agree, variance keeps
// features from collapsing, covariance decorrelates them.
//
//   VicRegTerms terms = VicReg(z1, z2);
//   at::Tensor loss = 25 * terms.invariance + 25 * terms.variance +
//                     terms.covariance;
//
// Caveat: variance and covariance sum over the two views (the paper's equation
// 6); some implementations halve the variance.
#ifndef CALDERA_SSL_LOSSES_VICREG_H_
#define CALDERA_SSL_LOSSES_VICREG_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

struct VicRegOptions {
  double target_std = 1;  // gamma: the standard deviation the hinge requires
  double eps = 1e-4;      // under the root
};

// Scalars, not weighted.
struct VicRegTerms {
  at::Tensor invariance;  // mean squared difference of the views
  at::Tensor variance;    // sum over views of mean_d max(0, gamma - std_d)
  at::Tensor covariance;  // sum over views of the off-diagonal squares, / D
};

// Returns the terms of z1, z2 [B, D], the projections of two views of the same
// images. Standard deviations and covariances are unbiased; all is computed in
// float32 at least. Features that do not vary have a variance term of
// 2 (gamma - sqrt(eps)), 1.98 by default, and zero gradients: only noise
// separates them. Throws c10::Error if the shapes differ or B < 2 (one image
// does not vary).
// Source: Bardes, Ponce, LeCun, ICLR 2022, equations 1 to 6; adondera/magma
// (solo-learn), solo/losses/vicreg.py.
VicRegTerms VicReg(const at::Tensor& z1, const at::Tensor& z2,
                   const VicRegOptions& options = {});

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_VICREG_H_
