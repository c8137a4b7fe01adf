// The seam for reconstruction losses.
//
//   auto loss = MakeReconstructionLoss(spec.mae().loss(), encoder);
//   ReconstructionLossOutput out = (*loss)->Compute(prediction, target, mask);
//   out.value.backward();
//
// Which patches count is the caller's: it passes their weights, or only them.
//
// To add one: a file of ssl/variants, or a message in reconstruction.proto, a
// class in its own file, a case in make_reconstruction_loss.cc.
#ifndef CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_
#define CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

struct ReconstructionLossOutput {
  at::Tensor value;      // scalar: the weighted mean over patches
  at::Tensor per_patch;  // [B, M], not weighted; undefined for whole images
};

class ReconstructionLoss {
 public:
  virtual ~ReconstructionLoss() = default;
  // Whether targets are ids (Target::gives_ids), or else numbers.
  virtual bool reads_ids() const { return false; }
  // Whether predictions of all patches are put together to images and these are
  // compared: weight is then of frequencies (CorruptedImages::frequencies), and
  // there is no per_patch.
  virtual bool reads_images() const { return false; }
  // prediction [B, M, T]; target alike (or ids int64 [B, M] for losses that
  // read such); weight [B, M] >= 0, undefined: all 1.
  // Caveat: weights that are all 0 have no mean and give NaN.
  virtual ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                           const at::Tensor& target,
                                           const at::Tensor& weight) const = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_
