#ifndef CALDERA_SSL_TERMS_DISTILLATION_LOSS_H_
#define CALDERA_SSL_TERMS_DISTILLATION_LOSS_H_

// DMAE's term: the projected tokens of a student's block follow a teacher's
// (Bai et al., CVPR 2023). DMAE is a masked autoencoder with a frozen teacher
// on the same visible patches and this term.
//
//   auto loss = DistillationLoss::Create(spec.distillation(), sizes, seed);
//   (*loss)->request().teacher_taps;  // {17} of a teacher of 24 blocks
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The projection's parameters are trained with the method's.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class DistillationProjection;

class DistillationLoss : public AuxiliaryLoss {
 public:
  // Errors: InvalidArgument whose text begins with the field's path in
  // DistillationSpec.
  static absl::StatusOr<std::unique_ptr<DistillationLoss>> Create(
      const DistillationSpec& spec, const ModelSizes& sizes, uint64_t seed);

  std::string name() const override { return "distillation"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override;

 private:
  DistillationLoss() = default;

  DistillationSpec spec_;
  int64_t student_block_ = 0, teacher_block_ = 0;
  std::shared_ptr<DistillationProjection> projection_;  // null: none
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_DISTILLATION_LOSS_H_
