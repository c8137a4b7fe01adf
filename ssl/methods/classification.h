// Classifies labelled images: fine-tuning and training from scratch, as in the
// official MAE code. The method consists of Mixup and CutMix, label smoothing,
// a ViT with a linear head, and cross-entropy against the mixed labels.
//
//   auto method = Classification::Create(spec.classification(), encoder,
//                                        {/*num_classes=*/10}, request, seed);
//   StepOutput out = (*method)->Step(batch, streams);  // term "cross_entropy"
//
// Images are mixed in Prepare: Forward treats each sample by itself, and only
// the full batch of a process has both images of a pair next to each other.
// Labels must be in [0, num_classes): class_count.h checks the data set.
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

// The options that follow from the data.
struct LabelledData {
  int64_t num_classes = 0;
  int64_t repeats = 1;  // copies of an image in a batch, consecutive
};

class Classification : public Method {
 public:
  // Loads start weights from spec.encoder if it names a file; initialises all
  // other weights from `seed` as the official code does. Returns the errors of
  // ValidateClassification.
  static absl::StatusOr<std::shared_ptr<Classification>> Create(
      const ClassificationSpec& spec, const vit::EncoderSpec& encoder,
      const LabelledData& data, ContextRequest request, uint64_t seed);

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
  Classification(const ClassificationSpec& spec,
                 const vit::EncoderSpec& encoder, const LabelledData& data,
                 ContextRequest request, uint64_t seed);

  ClassificationSpec spec_;
  LabelledData data_;
  std::shared_ptr<vit::Classifier> classifier_;
};

// encoder: a valid one. Returns InvalidArgument (NotFound if a file is
// missing), whose text begins with the field's path in ClassificationSpec, if a
// number is out of range or the start weights are those of another model.
absl::Status ValidateClassification(const ClassificationSpec& spec,
                                    const vit::EncoderSpec& encoder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_CLASSIFICATION_H_
