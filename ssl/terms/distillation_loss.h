// DMAE's term: the projected tokens of a student's block must match those of a
// teacher's block (Bai et al., CVPR 2023). DMAE is a masked autoencoder with a
// frozen teacher on the same visible patches and this term.
//
//   auto loss = DistillationLoss::Create(spec.distillation(), sizes, seed);
//   (*loss)->request().teacher_taps;  // {17} of a teacher of 24 blocks
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The projection's parameters are trained with the method's.
#ifndef CALDERA_SSL_TERMS_DISTILLATION_LOSS_H_
#define CALDERA_SSL_TERMS_DISTILLATION_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

// The distance between a student's token features and a teacher's.
enum class DistillationKind {
  kL1,        // mean |s - t|
  kSmoothL1,  // mean of d^2 / 2 where d = |s - t| < 1, else of d - 1 / 2
  kCosine,    // mean over tokens of 1 - cos(s, t)
};

// Returns the scalar mean distance over all tokens of student, teacher
// [B, N, D] (or any equal shapes; D last).
//
//   at::Tensor loss = FeatureDistillation(projected, teacher,
//                                         DistillationKind::kL1,
//                                         /*normalize=*/true);
//
// normalize: each token is first divided by its 2-norm (at least 1e-12), which
// changes nothing for kCosine. It is computed in float32 at least, and no
// gradient reaches the teacher. A token of zeros has cosine 0 with all tokens.
// Throws c10::Error if the shapes differ.
// Source: Bai et al., CVPR 2023, section 3 (DMAE). The paper writes the plain
// L1; its authors' code normalises both sides first, as `normalize` does.
at::Tensor FeatureDistillation(const at::Tensor& student,
                               const at::Tensor& teacher, DistillationKind kind,
                               bool normalize);

class DistillationProjection;

class DistillationLoss : public AuxiliaryLoss {
 public:
  // seed: initialises the projection's weights. Returns InvalidArgument, whose
  // text begins with the field's path in DistillationSpec, if the method has no
  // fitting teacher or an option is invalid.
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
