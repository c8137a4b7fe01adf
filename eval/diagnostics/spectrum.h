// Measures how many directions a representation uses: RankMe, and the singular
// values that show dimensional collapse.
//
//   double rank = RankMe(features);                    // [N, D] -> 1 to D
//   at::Tensor values = CovarianceSpectrum(features);  // [D], largest first
//
// Caveat: both come from D x D products in double, so a singular value of the
// features below 1e-8 of the largest is rounding; RankMe's own epsilon is 1e-7.
#ifndef CALDERA_EVAL_DIAGNOSTICS_SPECTRUM_H_
#define CALDERA_EVAL_DIAGNOSTICS_SPECTRUM_H_

#include <ATen/core/Tensor.h>

namespace caldera::eval {

// Returns exp(-sum_k p_k log p_k), p_k = s_k / sum_j s_j + 1e-7, of the
// singular values s of `features` [N, D], which are not centred (Garrido,
// Balestriero, Najman, LeCun: RankMe, ICML 2023, equations 2 and 3). The paper
// takes N = 25,600; the estimate grows with N. Returns 0 where all features are
// 0.
double RankMe(const at::Tensor& features);

// Returns the singular values of the covariance sum_i (z_i - mean)(z_i -
// mean)^T / N, double [D], largest first (Jing, Vincent, LeCun, Tian:
// Understanding Dimensional Collapse, ICLR 2022, section 3; its figures show
// their logarithms). Directions that have collapsed are near 0.
at::Tensor CovarianceSpectrum(const at::Tensor& features);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_SPECTRUM_H_
