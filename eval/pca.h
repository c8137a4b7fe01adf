// Computes principal components of the rows of a matrix.
//
//   Pca pca = PrincipalComponents(features, 2);
//   at::Tensor plane = Project(pca, features);  // [N, 2]
//
// They are the eigenvectors of the covariance in double: N may be large, D is
// the width of a feature. Signs are fixed (a component's largest entry by size
// is positive), so that the same rows give the same picture everywhere.
//
// Caveats: components of equal variance come in an order that rounding decides.
#ifndef CALDERA_EVAL_PCA_H_
#define CALDERA_EVAL_PCA_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::eval {

struct Pca {
  at::Tensor mean;        // [D] double
  at::Tensor components;  // [k, D] double, orthonormal rows, widest first
  at::Tensor variance;    // [k] double, along each, divided by N
};

// rows: [N, D], floating point and finite, on the CPU. CHECK: 1 <= k <= D and N
// >= 1.
Pca PrincipalComponents(const at::Tensor& rows, int64_t k);

// Projects rows [N, D] -> [N, k], in the dtype of rows.
at::Tensor Project(const Pca& pca, const at::Tensor& rows);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PCA_H_
