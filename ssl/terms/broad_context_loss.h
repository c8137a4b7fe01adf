// LUT's broad contextualisation: what the encoder makes of the visible patches,
// their mean, projected and passed through a predictor, points where a moving
// average of encoder and projection points for the whole image.
//
//   auto loss = BroadContextLoss::Create(spec.broad_context(), sizes, seed);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//   (*loss)->AfterOptimizerStep(at);  // the head's average follows
//
// The encoder's average is the method's teacher. Each mask of an image is
// compared with the same whole image: with `masking { complement {} }` these
// are two views at disjoint places.
//
// Head and predictor are Linear-BatchNorm-ReLU-Linear. Each process projects
// the whole batch, whose statistics BatchNorm then sees, the masks of an image
// one by one. At least two images are needed.
//
// Source: Kim et al., Learning with Unmasked Tokens Drives Stronger Vision
// Learners, arXiv 2310.13593; naver-ai/lut, models_lut.py and engine_lut.py.
// There a view is an augmentation of its own, each is compared with the whole
// of the other, and only the first is reconstructed; here both masks are of one
// augmentation, and both are reconstructed. Their linear layers have no bias,
// and their average normalises by running statistics, ours by the batch's
// (BYOL).
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

// 2 - 2 cos(a, b), the mean over rows: a, b [B, D] -> scalar.
at::Tensor AngularDistance(const at::Tensor& a, const at::Tensor& b);

class BroadContextLoss : public AuxiliaryLoss {
 public:
  // seed: of the heads' weights. Errors: InvalidArgument, beginning with
  // "broad_context", where the method has no moving average that sees the whole
  // image, or an option has no meaning.
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
