// Linear centred kernel alignment: the similarity of two representations of the
// same images (Kornblith, Norouzi, Lee, Hinton: Similarity of Neural Network
// Representations Revisited, ICML 2019, section 3, equation 3).
//
//   at::Tensor alike = CkaMatrix(blocks, other_blocks);  // [K, L] double
//
// It is |Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F) of centred features: 1 where one is
// a rotated and scaled copy of the other, 0 where nothing in one is linear in
// the other.
//
// Caveat: for N images and D features, the value rises as N falls towards D.
#ifndef CALDERA_EVAL_DIAGNOSTICS_CKA_H_
#define CALDERA_EVAL_DIAGNOSTICS_CKA_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace caldera::eval {

// x: [N, D] each, y: [N, D'] each, of the same N images; widths may differ.
// Returns [K, L] double, whose entry (i, j) compares x[i] with y[j]; NaN where
// one of the two is constant.
at::Tensor CkaMatrix(const std::vector<at::Tensor>& x,
                     const std::vector<at::Tensor>& y);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_CKA_H_
