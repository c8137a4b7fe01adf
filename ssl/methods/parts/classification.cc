// Classifies labelled images: fine-tuning and training from scratch, as in the
// official MAE code. The method consists of Mixup and CutMix, label smoothing,
// a ViT with a linear head, and cross-entropy against the mixed labels.
//
//   start { encoder: "runs/imagenet/mae" }
//   classification {}  # term "cross_entropy"
//
// Images are mixed in Prepare: Forward treats each sample by itself, and only
// the full batch of a process has both images of a pair next to each other.
// Labels must be in [0, num_classes): class_count.h checks the data set.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/augment/mixup.h"
#include "ssl/losses/soft_cross_entropy.h"
#include "ssl/methods/class_count.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/methods/method_plan.h"
#include "vit/model/classifier.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"

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

// The options that follow from the data.
struct LabelledData {
  int64_t num_classes = 0;
  int64_t repeats = 1;  // copies of an image in a batch, consecutive
};

class Classification : public Method {
 public:
  // Initialises the weights from `seed` as the official code does.
  Classification(const ClassificationSpec& spec,
                 const vit::EncoderSpec& encoder, const LabelledData& data,
                 ContextRequest request, uint64_t seed);

  // Makes targets of the labels, then mixes images and targets if the spec asks
  // for it.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override;
  int64_t rows_together() const override;
  // Draws the noise of drop path.
  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override;
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;
  vit::Encoder& encoder() override { return classifier_->encoder(); }
  vit::Classifier* classifier() override { return classifier_.get(); }
  std::vector<ComponentCost> Costs(int64_t batch) const override;
  ContextSizes SizesFor(int64_t batch) const override;
  // The names are those of the official models_vit.py: `head.weight`,
  // `fc_norm.weight`, ...
  vit::StateDict NamedState() const override {
    return classifier_->NamedState();
  }

 private:
  ClassificationSpec spec_;
  LabelledData data_;
  std::shared_ptr<vit::Classifier> classifier_;
};

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
  out.context.prefix = classifier_->encoder().num_prefix_tokens();
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
  const int64_t prefix = encoder.num_prefix_tokens();
  return {batch, prefix + encoder.num_patches(), encoder.spec().embed_dim(),
          prefix};
}

absl::Status CheckClassification(const Experiment& experiment,
                                 const ContextRequest& request) {
  if (experiment.eval().measured_on() == eval::EvalSpec::VALIDATION) {
    return absl::InvalidArgumentError(
        "eval.measured_on: VALIDATION measures on training images, whose "
        "labels classification learns; use TEST");
  }
  if (experiment.classification().pooling() == vit::ClassifierSpec::CLS &&
      !experiment.encoder().class_token()) {
    return absl::InvalidArgumentError(
        "classification.pooling: CLS, but encoder.class_token: false; set MEAN "
        "or class_token: true");
  }
  RETURN_IF_ERROR(CheckNoTeacher("classification", request));
  return CheckViews(experiment, "classification", 1);
}

absl::StatusOr<std::shared_ptr<Method>> Build(const ClassificationSpec& spec,
                                              const Experiment& experiment,
                                              const ContextRequest& request,
                                              const data::Dataset* dataset) {
  ASSIGN_OR_RETURN(const int64_t classes, ClassCount(experiment, dataset));
  return std::make_shared<Classification>(
      spec, experiment.encoder(),
      LabelledData{classes, experiment.data().loader().repeats()}, request,
      experiment.seed());
}

const bool kClassification = MethodPart::Register<ClassificationSpec>(
    {"classification",
     "Learns labelled images, from a pretrained encoder or "
     "from scratch."},
    [](const ClassificationSpec& spec,
       const Experiment& experiment) -> MethodPart::Result {
      auto plan = std::make_unique<MethodPlan>();
      plan->encoder = ForPooling(experiment.encoder(), spec);
      plan->check = [&experiment](const ContextRequest& request) {
        return CheckClassification(experiment, request);
      };
      plan->build = [spec, &experiment](const ContextRequest& request,
                                        const data::Dataset* dataset) {
        return Build(spec, experiment, request, dataset);
      };
      return plan;
    });

}  // namespace
}  // namespace caldera::ssl
