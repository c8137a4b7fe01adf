#include "ssl/methods/classification.h"

#include <glog/logging.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/augment/mixup.h"
#include "ssl/losses/soft_cross_entropy.h"
#include "ssl/methods/drop_path_noise.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"
#include "vit/weights/encoder_file.h"

namespace caldera::ssl {
namespace {

// Returns the encoder inside a classifier: a pooled mean is followed by fc_norm
// instead of a final norm.
vit::EncoderSpec ForPooling(vit::EncoderSpec encoder,
                            const ClassificationSpec& spec) {
  encoder.set_final_norm(spec.pooling() == vit::ClassifierSpec::CLS);
  return encoder;
}

bool Mixes(const ClassificationSpec& spec) {
  const data::MixupSpec& mixup = spec.mixup();
  return spec.has_mixup() && mixup.probability() > 0 &&
         (mixup.mixup_alpha() > 0 || mixup.cutmix_alpha() > 0);
}

absl::StatusOr<vit::StartWeights> LoadStart(const ClassificationSpec& spec,
                                            const vit::EncoderSpec& encoder) {
  return base::About("encoder",
                     vit::LoadStartWeights(base::UserPath(spec.encoder()),
                                           ForPooling(encoder, spec)));
}

}  // namespace

absl::Status ValidateClassification(const ClassificationSpec& spec,
                                    const vit::EncoderSpec& encoder) {
  base::FieldCheck check;
  if (spec.has_num_classes()) {
    check.AtLeast("num_classes", spec.num_classes(), 2,
                  "leave it out to take the data set's");
  }
  check
      .InRange("label_smoothing", spec.label_smoothing(), 0, 1)
      // Below a hundredth the resized image would be too large for memory.
      .InRange("test_crop", spec.test_crop(), 0.01, 1.0)
      .And(base::Within("mixup", base::CheckRanges(spec.mixup())));
  RETURN_IF_ERROR(check.status());
  if (spec.encoder().empty()) return absl::OkStatus();
  return LoadStart(spec, encoder).status();
}

absl::StatusOr<std::shared_ptr<Classification>> Classification::Create(
    const ClassificationSpec& spec, const vit::EncoderSpec& encoder,
    const LabelledData& data, ContextRequest request, uint64_t seed) {
  RETURN_IF_ERROR(ValidateClassification(spec, encoder));
  std::shared_ptr<Classification> method(
      new Classification(spec, encoder, data, std::move(request), seed));
  if (spec.encoder().empty()) return method;
  ASSIGN_OR_RETURN(const vit::StartWeights start, LoadStart(spec, encoder));
  RETURN_IF_ERROR(base::About(
      "encoder",
      vit::LoadStateDict(method->encoder(), start.tensors, spec.encoder())));
  LOG(INFO) << "starting from " << spec.encoder()
            << (start.notes.empty() ? "" : "; ")
            << absl::StrJoin(start.notes, "; ");
  return method;
}

Classification::Classification(const ClassificationSpec& spec,
                               const vit::EncoderSpec& encoder,
                               const LabelledData& data, ContextRequest request,
                               uint64_t seed)
    : Method(std::move(request)), spec_(spec), data_(data) {
  vit::ClassifierSpec head;
  head.set_num_classes(static_cast<int32_t>(data.num_classes));
  head.set_pooling(spec.pooling());
  classifier_ = register_module(
      "classifier", std::make_shared<vit::Classifier>(encoder, head));
  vit::InitializeVit(*classifier_, seed);
}

int64_t Classification::rows_together() const {
  return Mixes(spec_) ? 2 * data_.repeats : 1;
}

DeviceBatch Classification::Prepare(const DeviceBatch& batch,
                                    const base::Streams& streams) const {
  DeviceBatch prepared = batch;
  prepared.targets = SmoothLabels(batch.labels, data_.num_classes,
                                  spec_.label_smoothing());  // [B, K]
  if (!Mixes(spec_)) return prepared;
  const at::Tensor& images = batch.views[0];  // [B, C, H, W]
  const data::MixPlans plans =
      data::DrawMixPlans(spec_.mixup(), streams, batch.index, data_.repeats,
                         images.size(2), images.size(3));
  data::MixedBatch mixed = data::Mix(plans, images, prepared.targets);
  prepared.views[0] = std::move(mixed.images);
  prepared.targets = std::move(mixed.targets);
  return prepared;
}

Draws Classification::Draw(const DeviceBatch& batch,
                           const base::Streams& streams) const {
  Draws draws;
  draws.drop_path =
      DropPathNoise(classifier_->encoder(), streams, batch.index, "drop path");
  return draws;
}

StepOutput Classification::Forward(const DeviceBatch& batch,
                                   const base::Streams& /*streams*/) {
  const std::vector<int64_t> taps = BlocksToTap(request());
  vit::EncoderRequest wanted;
  wanted.taps = taps;
  wanted.drop_path_uniforms = batch.draws.value().drop_path;
  const vit::ClassifierOutput output =
      classifier_->forward(batch.views[0], wanted);  // logits [B, K]

  StepOutput out;
  out.terms = {
      {"cross_entropy", SoftCrossEntropy(output.logits, batch.targets), 1}};
  out.embedding = Embedding(output.encoded.tokens);
  out.context.latent = output.encoded.tokens;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], output.encoded.taps[i], out.context);
  }
  return out;
}

std::vector<ComponentCost> Classification::Costs(int64_t batch) const {
  const vit::Encoder& encoder = classifier_->encoder();
  vit::Cost head =
      vit::ProductCost(1, encoder.spec().embed_dim(), data_.num_classes);
  head.activations = 2 * encoder.spec().embed_dim() + 2 * data_.num_classes;
  return {{"encoder",
           vit::EncoderCost(encoder.spec(), encoder.num_patches()) * batch},
          {"head", head * batch}};
}

ContextSizes Classification::SizesFor(int64_t batch) const {
  const vit::Encoder& encoder = classifier_->encoder();
  return {batch, 1 + encoder.num_patches(), encoder.spec().embed_dim()};
}

}  // namespace caldera::ssl
