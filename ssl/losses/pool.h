// Pools the tokens of an image to one feature, by the names of EvalSpec.
//
//   at::Tensor feature = Pool(latent, eval::EvalSpec::CLS);  // [B, D]
#ifndef CALDERA_SSL_LOSSES_POOL_H_
#define CALDERA_SSL_LOSSES_POOL_H_

#include <ATen/core/Tensor.h>

#include "eval/spec/eval.pb.h"

namespace caldera::ssl {

// Returns [B, D], the CLS token or the mean of the others, of tokens
// [B, 1 + Nv, D] with CLS first.
inline at::Tensor Pool(const at::Tensor& tokens,
                       eval::EvalSpec::Feature feature) {
  return feature == eval::EvalSpec::CLS ? tokens.select(1, 0)
                                        : tokens.slice(1, 1).mean(1);
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_POOL_H_
