// LUT's broad contextualisation: the mean of the encoder's visible patch
// tokens, projected and passed through a predictor, must point in the same
// direction as the output of a moving average of encoder and projection for the
// full image.
//
//   auto loss = BroadContextLoss::Create(spec.broad_context(), sizes, seed);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//   (*loss)->AfterOptimizerStep(at);  // updates the head's average
//
// The encoder's average is the method's teacher. Each mask of an image is
// compared with the same full image: with `masking { complement {} }` the masks
// show two disjoint parts of it.
//
// Head and predictor are Linear-BatchNorm-ReLU-Linear. Each process projects
// the full batch, so that BatchNorm uses its statistics; the masks of an image
// are projected one after another. A batch needs at least two images.
//
// Source: Kim et al., Learning with Unmasked Tokens Drives Stronger Vision
// Learners, arXiv 2310.13593; naver-ai/lut, models_lut.py and engine_lut.py.
// In the authors' code each view is a separate augmentation, is compared with
// the other view's full image, and only the first view is reconstructed; here
// both masks belong to one augmentation, and both are reconstructed. Their
// linear layers have no bias, and their average normalises by running
// statistics, ours by the batch's (BYOL).
#ifndef CALDERA_SSL_TERMS_BROAD_CONTEXT_LOSS_H_
#define CALDERA_SSL_TERMS_BROAD_CONTEXT_LOSS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "ssl/teachers/moving_average.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class BroadContextHeads;

// Returns 2 - 2 cos(a, b), averaged over the rows of a, b [B, D].
at::Tensor AngularDistance(const at::Tensor& a, const at::Tensor& b);

class BroadContextLoss : public AuxiliaryLoss {
 public:
  // seed: initialises the heads' weights. Returns InvalidArgument, beginning
  // with "broad_context", if the method has no moving average that reads the
  // full image, or an option is out of range.
  static absl::StatusOr<std::unique_ptr<BroadContextLoss>> Create(
      const BroadContextSpec& spec, const ModelSizes& sizes, uint64_t seed);

  std::string name() const override { return "broad_context"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override;
  void AfterOptimizerStep(const RunPosition& at) override;

 private:
  BroadContextLoss(int64_t num_masks, MovingAverage average)
      : num_masks_(num_masks), average_(std::move(average)) {}

  int64_t num_masks_;
  MovingAverage average_;
  std::shared_ptr<BroadContextHeads> heads_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_BROAD_CONTEXT_LOSS_H_
