// The masked autoencoder (He et al., CVPR 2022) encodes the visible patches,
// decodes all patches and compares the removed ones with their targets. The
// spec chooses its components: mask, target, loss, decoder and teacher. U-MAE,
// M-MAE, MU-MAE and DMAE are this method with auxiliary losses.
//
//   mae { mask_ratio: 0.75 }  # in a spec
//   StepOutput out = mae.Step(batch, streams);  // term "reconstruction"
//
// Forward is the method; with Encode and Compare it does what forward_encoder,
// forward_decoder and forward_loss do in the official models_mae.py. Methods
// with another input override MaskOf and Encode: CorruptedAutoencoder (GMML,
// MFM) and SiameseAutoencoder (CropMAE).
#ifndef CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_
#define CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "data/sets/dataset.h"
#include "ssl/mae/mae_components.h"
#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"
#include "vit/model/encoder.h"

namespace caldera::ssl {

class MaskedAutoencoder : public Method {
 public:
  // components: built (masked_autoencoder_plan.cc). seed: for a target that
  // learns from the training set.
  MaskedAutoencoder(MaeComponents components, ContextRequest request,
                    uint64_t seed);

  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override;
  bool stays_on_device() const override { return true; }
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;

  // Also takes the decoder, if there is one, and lets the teacher begin as the
  // started student.
  absl::Status Start(const vit::StartWeights& start) override;
  // Lets the target fit itself to the training set (k-means).
  absl::Status Begin(
      const std::shared_ptr<const data::Dataset>& dataset) override;
  void BeforeStep(const RunPosition& at) override;
  void AfterOptimizerStep(const RunPosition& at) override;
  vit::Encoder& encoder() override { return *components_.encoder; }
  vit::StateDict NamedState() const override {
    return components_.NamedState();
  }
  std::vector<ComponentCost> Costs(int64_t batch) const override {
    return components_.Costs(batch, NumVisible());
  }
  ContextSizes SizesFor(int64_t batch) const override {
    return components_.SizesFor(batch, NumVisible());
  }
  // Returns images under the first mask of each, or nothing if the target
  // cannot be shown as pixels.
  std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& batch, const base::Streams& streams) override;

 protected:
  struct Encoded {
    at::Tensor latent;  // [B*K, 1 + Nv or N, D], to be decoded
    at::Tensor memory;  // [B*K, 1 + N, D] of another view, or undefined
    vit::EncoderOutput for_terms;  // what the terms read, [B*K or B, ...]
  };

  // Returns the masks of a batch with draws, which may depend on the teacher's
  // output for the full images.
  virtual Mask MaskOf(const DeviceBatch& batch,
                      const TeacherOutput& full_image) const;
  virtual Encoded Encode(const DeviceBatch& batch, const Mask& mask,
                         const std::vector<int64_t>& taps) const;
  // Returns the weight of each patch in the loss, [B*K, N]; undefined if all
  // patches count equally.
  virtual at::Tensor Counted(const DeviceBatch& batch, const Mask& mask) const;

  MaeComponents components_;

 private:
  // Returns the loss over the patches that count.
  ReconstructionLossOutput Compare(const vit::Decoded& decoded,
                                   const TargetOutput& target,
                                   const DeviceBatch& batch,
                                   const Mask& mask) const;
  // Adds the term that teaches the scorer the losses of the removed patches,
  // [B*K, Nm].
  void TeachScorer(const at::Tensor& latent, const Mask& mask,
                   const at::Tensor& patch_loss, StepOutput& out) const;
  int64_t NumVisible() const;

  uint64_t seed_;
  double mask_ratio_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_
