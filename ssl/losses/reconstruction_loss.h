// The interface of reconstruction losses.
//
//   auto loss = ReconstructionLossPart::Create(spec.mae().loss(), encoder);
//   ReconstructionLossOutput out = (*loss)->Compute(prediction, target, mask);
//   out.value.backward();
//
// The caller decides which patches count: it passes their weights, or only
// those patches.
//
// A new loss is one file of ssl/losses/parts (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_
#define CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "base/part.h"
#include "ssl/losses/reconstruction.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ReconstructionLossOutput {
  at::Tensor value;      // scalar: the weighted mean over patches
  at::Tensor per_patch;  // [B, M], not weighted; undefined if reads_images()
};

// Returns the mean of per_patch [B, M] with weights [B, M], which may be
// undefined: the output of losses that compare patches.
ReconstructionLossOutput MeanOverPatches(const at::Tensor& per_patch,
                                         const at::Tensor& weight);

class ReconstructionLoss {
 public:
  virtual ~ReconstructionLoss() = default;
  // True if targets are ids (Target::gives_ids), false if they are numbers.
  virtual bool reads_ids() const { return false; }
  // True if predictions of all patches are assembled to images, which are then
  // compared: weight then belongs to frequencies
  // (CorruptedImages::frequencies), and per_patch is undefined.
  virtual bool reads_images() const { return false; }
  // Returns the loss of prediction [B, M, T] against target, of the same shape
  // (ids int64 [B, M] for losses that read ids). weight [B, M] >= 0; undefined:
  // all 1. Caveat: if all weights are 0, there is no mean and the value is NaN.
  virtual ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                           const at::Tensor& target,
                                           const at::Tensor& weight) const = 0;
};

// Losses are made for an encoder's sizes of images and patches.
using ReconstructionLossPart =
    base::PartKind<ReconstructionLossSpec, ReconstructionLoss,
                   vit::EncoderSpec>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_RECONSTRUCTION_LOSS_H_
