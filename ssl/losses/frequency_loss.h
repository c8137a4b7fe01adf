// MFM's loss: the distance of two images' spectra, |F(x) - F(y)|^gamma for each
// frequency.
//
//   FrequencyLoss loss(/*gamma=*/1, /*patch_size=*/16, /*channels=*/3);
//   loss.Compute(prediction, target, weight).value;
//   // [B, N, T], [B, N, T], [B, H, W]
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, equation 5; Jiahao000/MFM, models/frequency_loss.py.
// The authors divide a batch's sum by the number of frequencies removed in it;
// we divide by the expected number, so that a batch may be computed in slices.
#ifndef CALDERA_SSL_LOSSES_FREQUENCY_LOSS_H_
#define CALDERA_SSL_LOSSES_FREQUENCY_LOSS_H_

#include <cstdint>

#include "ssl/losses/reconstruction_loss.h"

namespace caldera::ssl {

class FrequencyLoss : public ReconstructionLoss {
 public:
  FrequencyLoss(double gamma, int64_t patch_size, int64_t channels)
      : gamma_(gamma), patch_size_(patch_size), channels_(channels) {}

  bool reads_images() const override { return true; }
  // weight: [B, H, W]; undefined: all 1. The value is the mean of weight times
  // distance.
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override;

 private:
  double gamma_;
  int64_t patch_size_, channels_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_FREQUENCY_LOSS_H_
