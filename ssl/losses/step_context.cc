#include "ssl/losses/step_context.h"

namespace caldera::ssl {

void ContextRequest::Merge(const ContextRequest& other) {
  taps.insert(other.taps.begin(), other.taps.end());
  tap_tokens.insert(other.tap_tokens.begin(), other.tap_tokens.end());
  teacher_taps.insert(other.teacher_taps.begin(), other.teacher_taps.end());
  latent |= other.latent;
  prediction |= other.prediction;
  mask |= other.mask;
  teacher_tokens |= other.teacher_tokens;
}

std::vector<at::Tensor*> RowTensors(StepContext& context,
                                    const ContextRequest& request) {
  std::vector<at::Tensor*> rows;
  const auto add = [&](bool wanted, at::Tensor& tensor) {
    if (wanted && tensor.defined()) rows.push_back(&tensor);
  };
  for (auto* blocks :
       {&context.taps, &context.tap_tokens, &context.teacher_taps}) {
    for (auto& [block, tensor] : *blocks) add(true, tensor);
  }
  for (at::Tensor& embedding : context.embeddings) add(true, embedding);
  add(request.latent, context.latent);
  add(request.prediction, context.prediction);
  add(request.prediction, context.patch_loss);
  add(request.teacher_tokens, context.teacher_tokens);
  for (at::Tensor* ids : {&context.mask.ids_keep, &context.mask.ids_remove,
                          &context.mask.ids_restore, &context.mask.mask}) {
    add(request.mask, *ids);
  }
  return rows;
}

}  // namespace caldera::ssl
