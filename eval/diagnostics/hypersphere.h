// Alignment and uniformity of features on the unit hypersphere (Wang and Isola:
// Understanding Contrastive Representation Learning through Alignment and
// Uniformity on the Hypersphere, ICML 2020, arXiv 2005.10242).
//
//   double alignment = Alignment(view1, view2);  // both [N, D]; 0 is best
//   double uniformity = 0.5 * (Uniformity(view1) + Uniformity(view2));
//
// Rows are divided by their length first; a row of zeros stays at the origin.
#ifndef CALDERA_EVAL_DIAGNOSTICS_HYPERSPHERE_H_
#define CALDERA_EVAL_DIAGNOSTICS_HYPERSPHERE_H_

#include <ATen/core/Tensor.h>

namespace caldera::eval {

// Returns the mean of |x_i - y_i|^2 (alpha = 2 in the paper), from 0 to 4.
double Alignment(const at::Tensor& x, const at::Tensor& y);

// Returns the log of the mean over the pairs i < j of exp(-2 |x_i - x_j|^2) (t
// = 2 in the paper), from -8 to 0. It is lower where points spread more evenly;
// about -4 is the least in many dimensions. CHECK: at least two rows. The
// products run in blocks.
double Uniformity(const at::Tensor& x);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_HYPERSPHERE_H_
