// An encoder with a linear head: the official fine-tuning ViT.
//
//   vit::Classifier classifier(encoder_spec, classifier_spec);
//   vit::InitializeVit(classifier, /*seed=*/0);
//   vit::ClassifierOutput out = classifier.forward(images, {});
//   out.logits;    // [B, classes]
//   out.features;  // [B, D], the head's input
//
// Pooling CLS takes the CLS token after the final norm. Pooling MEAN takes the
// mean of the patches' tokens and applies fc_norm; the encoder then has no
// final norm, so pretrained weights are loaded without `norm.*`. Source:
// facebookresearch/mae, models_vit.py.
#ifndef CALDERA_VIT_MODEL_CLASSIFIER_H_
#define CALDERA_VIT_MODEL_CLASSIFIER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>

#include "vit/layer_norm.h"
#include "vit/model/encoder.h"
#include "vit/ops/linear.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct ClassifierOutput {
  at::Tensor logits;      // [B, classes], in the images' type
  at::Tensor features;    // [B, D]
  EncoderOutput encoded;  // filled by forward only
};

class Classifier : public torch::nn::Module {
 public:
  // Both specs must be accepted by Validate; final_norm follows from the
  // pooling.
  Classifier(const EncoderSpec& encoder, const ClassifierSpec& spec);

  // Classifies images [B, C, H, W]. The request holds the random numbers of
  // drop path and the taps.
  ClassifierOutput forward(const at::Tensor& images,
                           const EncoderRequest& request) const;

  // Applies the head alone: pooled [B, D], the CLS token after the final norm
  // or the mean of the patches' tokens, before fc_norm -> logits and features.
  ClassifierOutput Classify(const at::Tensor& pooled) const;

  Encoder& encoder() { return *encoder_; }
  const ClassifierSpec& spec() const { return spec_; }

  // Returns the weights under the official names: `blocks.0...`,
  // `fc_norm.weight`, `head.weight`.
  StateDict NamedState() const;

 private:
  ClassifierSpec spec_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<LayerNorm> fc_norm_;
  std::shared_ptr<Linear> head_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_CLASSIFIER_H_
