#include "vit/model/classifier.h"

#include <ATen/ops/mean.h>

#include <utility>

#include "vit/blocks/block.h"

namespace caldera::vit {
namespace {

EncoderSpec WithNorm(EncoderSpec spec, bool final_norm) {
  spec.set_final_norm(final_norm);
  return spec;
}

}  // namespace

Classifier::Classifier(const EncoderSpec& encoder, const ClassifierSpec& spec)
    : spec_(spec) {
  const bool cls = spec.pooling() == ClassifierSpec::CLS;
  encoder_ = register_module("encoder",
                             std::make_shared<Encoder>(WithNorm(encoder, cls)));
  const int64_t d = encoder_->spec().embed_dim();
  if (!cls)
    fc_norm_ = register_module("fc_norm", std::make_shared<LayerNorm>(d));
  head_ =
      register_module("head", std::make_shared<Linear>(d, spec.num_classes()));
}

ClassifierOutput Classifier::Classify(const at::Tensor& pooled) const {
  ClassifierOutput out;
  out.features = fc_norm_ == nullptr ? pooled : fc_norm_->forward(pooled);
  out.logits = head_->forward(out.features).to(pooled.scalar_type());
  return out;
}

ClassifierOutput Classifier::forward(const at::Tensor& images,
                                     const EncoderRequest& request) const {
  EncoderOutput encoded = encoder_->forward(images, request);
  const at::Tensor& tokens = encoded.tokens;  // [B, P + Nv, D]
  ClassifierOutput out =
      Classify(spec_.pooling() == ClassifierSpec::CLS
                   ? tokens.select(1, 0)
                   : tokens.slice(1, encoder_->num_prefix_tokens()).mean(1));
  out.logits = out.logits.to(images.scalar_type());
  out.encoded = std::move(encoded);
  return out;
}

StateDict Classifier::NamedState() const {
  StateDict state = GetStateDict(*encoder_);
  if (fc_norm_ != nullptr) state.merge(GetStateDict(*fc_norm_, "fc_norm."));
  state.merge(GetStateDict(*head_, "head."));
  return state;
}

}  // namespace caldera::vit
