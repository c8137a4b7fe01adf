// DMJD's visible branch: an MLP on the encoder's visible tokens predicts the
// target of their own patches, so that the encoder also learns from the patches
// that it reads.
//
//   auto loss = VisibleTargetLoss::Create(spec.visible_target(), sizes, seed);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The head reads the visible patches' tokens after the final norm, neither the
// CLS token nor the decoder. With `target { hog {} }` and
// `masking { disjoint_block {} }` this is DMJD; it works with any target that
// consists of numbers.
//
// Source: Ma et al., Disjoint Masking with Joint Distillation for Efficient
// Masked Image Modeling, arXiv 2301.00230; mx-mark/DMJD, models_dmjd.py. Their
// head is as wide as their decoder (512).
#ifndef CALDERA_SSL_TERMS_VISIBLE_TARGET_LOSS_H_
#define CALDERA_SSL_TERMS_VISIBLE_TARGET_LOSS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class VisibleTargetHead;

class VisibleTargetLoss : public AuxiliaryLoss {
 public:
  // seed: initialises the head's weights. Returns InvalidArgument, beginning
  // with "visible_target", if the method predicts no numbers for patches or an
  // option is out of range.
  static absl::StatusOr<std::unique_ptr<VisibleTargetLoss>> Create(
      const VisibleTargetSpec& spec, const ModelSizes& sizes, uint64_t seed);

  std::string name() const override { return "visible_target"; }
  ContextRequest request() const override;
  // Returns the smooth L1, averaged over visible patches and the target's
  // numbers.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override;

 private:
  VisibleTargetLoss(const VisibleTargetSpec& spec, int64_t hidden_dim,
                    int64_t target_dim)
      : spec_(spec), hidden_dim_(hidden_dim), target_dim_(target_dim) {}

  VisibleTargetSpec spec_;
  int64_t hidden_dim_, target_dim_;
  std::shared_ptr<VisibleTargetHead> head_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_VISIBLE_TARGET_LOSS_H_
