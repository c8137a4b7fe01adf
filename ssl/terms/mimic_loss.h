// MR-MAE's term: the tokens of the visible patches, after the final norm and
// projected, must match a teacher's tokens of the same patches.
//
//   auto loss = MimicLoss::Create(spec.mimic(), sizes, seed);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The tokens of a teacher that reads the full image (`input: WHOLE`) depend on
// the hidden patches too, as in the paper; a teacher that reads only the
// visible patches also works. The decoder does not take part in this term.
//
// Source: Gao et al., Mimic before Reconstruct: Enhancing Masked Autoencoders
// with Feature Mimicking, arXiv 2303.05475.
#ifndef CALDERA_SSL_TERMS_MIMIC_LOSS_H_
#define CALDERA_SSL_TERMS_MIMIC_LOSS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class MimicProjection;

class MimicLoss : public AuxiliaryLoss {
 public:
  // seed: initialises the projection's weights. Returns InvalidArgument,
  // beginning with "mimic", if the method has no fitting teacher.
  static absl::StatusOr<std::unique_ptr<MimicLoss>> Create(
      const MimicSpec& spec, const ModelSizes& sizes, uint64_t seed);

  std::string name() const override { return "mimic"; }
  ContextRequest request() const override;
  // Returns the mean of squared differences over visible patches and the
  // teacher's features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override;

 private:
  explicit MimicLoss(const MimicSpec& spec) : spec_(spec) {}

  MimicSpec spec_;
  int64_t teacher_width_ = 0;
  std::shared_ptr<MimicProjection> projection_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MIMIC_LOSS_H_
