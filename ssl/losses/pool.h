// Pools the tokens of an image to one feature, by the names of EvalSpec.
//
//   at::Tensor feature = Pool(latent, eval::EvalSpec::CLS, /*prefix=*/1);
#ifndef CALDERA_SSL_LOSSES_POOL_H_
#define CALDERA_SSL_LOSSES_POOL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "eval/spec/eval.pb.h"

namespace caldera::ssl {

// Returns [B, D], the CLS token or the mean of the patches' tokens, of tokens
// [B, P + Nv, D]: P = `prefix` is 1 with the CLS token in front, or 0 without.
inline at::Tensor Pool(const at::Tensor& tokens,
                       eval::EvalSpec::Feature feature, int64_t prefix) {
  return feature == eval::EvalSpec::CLS ? tokens.select(1, 0)
                                        : tokens.slice(1, prefix).mean(1);
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_POOL_H_
