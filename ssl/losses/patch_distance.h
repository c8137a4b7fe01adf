#ifndef CALDERA_SSL_LOSSES_PATCH_DISTANCE_H_
#define CALDERA_SSL_LOSSES_PATCH_DISTANCE_H_

// Reconstruction losses that compare each patch by itself: MSE (MAE's), L1,
// smooth L1, cosine.
//
//   PatchDistance mse(spec);  // a spec that names none is MSE
//   at::Tensor loss = mse.Compute(prediction, target, mask).value;
//
// Source of MSE over removed patches: facebookresearch/mae, models_mae.py,
// forward_loss.

#include <ATen/core/Tensor.h>

#include "ssl/losses/reconstruction.pb.h"
#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {

class PatchDistance : public ReconstructionLoss {
 public:
  explicit PatchDistance(const ReconstructionLossSpec& spec) : spec_(spec) {}
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override;

 private:
  at::Tensor PerPatch(const at::Tensor& prediction,
                      const at::Tensor& target) const;

  ReconstructionLossSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_PATCH_DISTANCE_H_
