// The reconstruction loss for targets that are ids, as in BEiT and ClusterMIM.
//
//   CrossEntropy loss;
//   loss.Compute(logits, ids, mask).value;  // [B, M, T], int64 [B, M], [B, M]
//
// The loss of equal logits is log T.
#ifndef CALDERA_SSL_LOSSES_CROSS_ENTROPY_H_
#define CALDERA_SSL_LOSSES_CROSS_ENTROPY_H_

#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {

class CrossEntropy : public ReconstructionLoss {
 public:
  bool reads_ids() const override { return true; }
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_CROSS_ENTROPY_H_
