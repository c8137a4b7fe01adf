// A feature of an image, read from its tokens: the class token, the mean of the
// patches, the means of its four quarters. Specs name it: eval { feature: CLS
// }.
//
//   auto feature = TokenFeaturePart::CreateNamed("feature", "CLS");
//   at::Tensor x = (*feature)->Read(tokens, /*prefix=*/1);  // [B, D]
//
// A feature is a file in eval/features/tokens that registers itself.
#ifndef CALDERA_EVAL_FEATURES_TOKENS_TOKEN_FEATURE_H_
#define CALDERA_EVAL_FEATURES_TOKENS_TOKEN_FEATURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "base/part.h"
#include "eval/features/tokens/token_feature.pb.h"

namespace caldera::eval {

class TokenFeature {
 public:
  virtual ~TokenFeature() = default;

  // Returns [B, width(D)] of tokens [B, P + N, D]: P = `prefix` tokens, the
  // class token first, in front of those of the patches.
  virtual at::Tensor Read(const at::Tensor& tokens, int64_t prefix) const = 0;

  virtual bool needs_class_token() const { return false; }

  // Returns true if the patches' places matter, so that the visible ones of a
  // masked autoencoder do not suffice: then only readouts may name the feature.
  virtual bool needs_all_patches() const { return false; }

  // Returns the numbers of the feature of tokens of width `embed_dim`.
  virtual int64_t width(int64_t embed_dim) const { return embed_dim; }
};

using TokenFeaturePart = base::PartKind<TokenFeatureSpec, TokenFeature>;

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_TOKENS_TOKEN_FEATURE_H_
