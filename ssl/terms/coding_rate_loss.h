// Matrix M-MAE's term on the tokens after the final norm, for any method: minus
// the total coding rate of the full batch.
//
//   auto loss = CodingRateLoss::Create(spec.coding_rate());
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The authors call their method M-MAE; here M-MAE is MAE with MAGMA.
#ifndef CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_
#define CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

// Returns the total coding rate of a batch, a measure of how many directions
// its features fill.
//
//   at::Tensor rate = CodingRate(latent.select(1, 0), /*mu=*/1);  // CLS [B, D]
//   loss = reconstruction - 0.01 * rate;                // Matrix M-MAE
//
// Caveat: the rate grows with the batch, nearly as mu B / D while that is
// small. Its second-order expansion in mu is
//
//   mu B / D - mu^2 B^2 / (2 D^2) * Uniformity(features),
//
// so that U-MAE is Matrix M-MAE to that order.
//
// For features [B, D] the rate is the scalar log det(I + mu / D z^T z) with
// z = features / max(norm, 1e-12) by row. It is computed in float32 at least,
// from the smaller of z^T z and z z^T, without waiting for the device; the
// gradient is the first derivative only. It is NaN if a feature is not finite.
// Source: Tan, Yang, Huang, Yuan, Zhang, Information Flow in Self-Supervised
// Learning, ICML 2024; yifanzhang-pro/M-MAE, loss_func.py,
// uniformity_loss_TCR.
at::Tensor CodingRate(const at::Tensor& features, double mu);

class CodingRateLoss : public AuxiliaryLoss {
 public:
  // Returns InvalidArgument, whose text begins with the field's path in
  // CodingRateSpec, if an option is out of range.
  static absl::StatusOr<std::unique_ptr<CodingRateLoss>> Create(
      const CodingRateSpec& spec);

  std::string name() const override { return "coding_rate"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  explicit CodingRateLoss(const CodingRateSpec& spec) : spec_(spec) {}

  CodingRateSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_
