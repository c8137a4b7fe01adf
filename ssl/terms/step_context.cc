#include "ssl/terms/step_context.h"

#include "ssl/losses/pool.h"

namespace caldera::ssl {

void ContextRequest::Merge(const ContextRequest& other) {
  taps.insert(other.taps.begin(), other.taps.end());
  cls_taps.insert(other.cls_taps.begin(), other.cls_taps.end());
  tap_tokens.insert(other.tap_tokens.begin(), other.tap_tokens.end());
  teacher_taps.insert(other.teacher_taps.begin(), other.teacher_taps.end());
  views |= other.views;
  latent |= other.latent;
  class_token |= other.class_token;
  embeddings |= other.embeddings;
  prediction |= other.prediction;
  patch_score |= other.patch_score;
  mask |= other.mask;
  target |= other.target;
  decoder_latents |= other.decoder_latents;
  teacher_tokens |= other.teacher_tokens;
}

std::vector<int64_t> BlocksToTap(const ContextRequest& request) {
  std::set<int64_t> blocks = request.taps;
  blocks.insert(request.cls_taps.begin(), request.cls_taps.end());
  blocks.insert(request.tap_tokens.begin(), request.tap_tokens.end());
  return {blocks.begin(), blocks.end()};
}

void FillTap(const ContextRequest& request, int64_t block,
             const at::Tensor& tokens, StepContext& context) {
  if (request.tap_tokens.count(block) > 0) context.tap_tokens[block] = tokens;
  // Tokens are pooled before the final norm (MAGMA, section 3).
  if (request.taps.count(block) > 0) {
    context.taps[block] =
        Pool(tokens, eval::EvalSpec::MEAN, context.prefix);  // [B, D]
  }
  if (request.cls_taps.count(block) > 0) {
    context.cls_taps[block] =
        Pool(tokens, eval::EvalSpec::CLS, context.prefix);  // [B, D]
  }
}

}  // namespace caldera::ssl
