// Classification of labelled images: fine-tuning and training from scratch, as
// the official MAE code has it. Mixup and CutMix, label smoothing, a ViT with a
// linear head, cross-entropy against the mixed labels.
//
//   auto method = Classification::Create(spec.classification(), encoder,
//                                        {/*num_classes=*/10}, request, seed);
//   StepOutput out = (*method)->Step(batch, streams);  // term "cross_entropy"
//
// Images are mixed in Prepare: Forward sees single samples, and only on the
// whole batch of a process do both images of a pair lie side by side. Labels
// that Prepare reads lie in [0, num_classes): class_count.h checks the set.
#ifndef CALDERA_SSL_METHODS_CLASSIFICATION_H_
#define CALDERA_SSL_METHODS_CLASSIFICATION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/methods/method.h"
#include "vit/model/classifier.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// What the data decides.
struct LabelledData {
  int64_t num_classes = 0;
  int64_t repeats = 1;  // copies of an image in a batch, one after another
};

class Classification : public Method {
 public:
  // Start weights from spec.encoder where it names a file; all others are the
  // official initialisation from `seed`. Errors: those of
  // ValidateClassification.
  static absl::StatusOr<std::shared_ptr<Classification>> Create(
      const ClassificationSpec& spec, const vit::EncoderSpec& encoder,
      const LabelledData& data, ContextRequest request, uint64_t seed);

  // Targets of the labels; then both are mixed, where the spec says so.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override;
  int64_t rows_together() const override;
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;
  vit::Encoder& encoder() override { return classifier_->encoder(); }
  vit::Classifier* classifier() override { return classifier_.get(); }
  std::vector<ComponentCost> Costs(int64_t batch) const override;
  ContextSizes SizesFor(int64_t batch) const override;
  // Names of the official models_vit.py: `head.weight`, `fc_norm.weight`, ...
  vit::StateDict NamedState() const override {
    return classifier_->NamedState();
  }

 private:
  Classification(const ClassificationSpec& spec,
                 const vit::EncoderSpec& encoder, const LabelledData& data,
                 ContextRequest request, uint64_t seed);

  ClassificationSpec spec_;
  LabelledData data_;
  std::shared_ptr<vit::Classifier> classifier_;
};

// encoder: a valid one. InvalidArgument (NotFound for a file that is not there)
// whose text begins with the field's path in ClassificationSpec: numbers out of
// range, start weights of another model.
absl::Status ValidateClassification(const ClassificationSpec& spec,
                                    const vit::EncoderSpec& encoder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_CLASSIFICATION_H_
