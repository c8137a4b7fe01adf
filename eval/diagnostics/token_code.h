// Measures how sparsely and how compactly the tokens of an image are coded;
// sparse-coding encoders (CRATE) lower both numbers from block to block.
//
//   TokenCode code = MeasureTokens(tokens);  // [B, N, D]
//   code.coding_rate;  // nats an image
//
#ifndef CALDERA_EVAL_DIAGNOSTICS_TOKEN_CODE_H_
#define CALDERA_EVAL_DIAGNOSTICS_TOKEN_CODE_H_

#include <ATen/core/Tensor.h>

namespace caldera::eval {

// Means over images.
struct TokenCode {
  // The share of the tokens' numbers that are not exactly 0: |Z|_0 / (N D).
  double nonzero_share;
  // R(Z) = 1/2 log det(I + D / (N eps^2) Z Z^T) with eps = 0.5, of tokens
  // divided by their lengths, so that blocks of different scales can be
  // compared. It is 0 where all tokens are 0 and grows with the number of
  // directions they fill.
  double coding_rate;
};

// tokens: [B, N, D] of any float type, B >= 1. Computes in double. Source: Yu
// et al., White-Box Transformers via Sparse Rate Reduction, NeurIPS 2023,
// equation 7 and section 3.1, which measures both by block; eps as in Yu et
// al., Learning Diverse and Discriminative Representations, NeurIPS 2020.
TokenCode MeasureTokens(const at::Tensor& tokens);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_TOKEN_CODE_H_
