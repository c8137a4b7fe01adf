// The masked autoencoder (He et al., CVPR 2022) encodes the visible patches,
// decodes all patches and compares the removed ones with their targets. The
// spec chooses its components: mask, target, loss, decoder and teacher. U-MAE,
// M-MAE, MU-MAE and DMAE are this method with auxiliary losses.
//
//   auto mae = MaskedAutoencoder::Create(spec.mae(), spec.encoder(), request,
//                                        spec.seed());
//   StepOutput out = (*mae)->Step(batch, streams);  // term "reconstruction"
#ifndef CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_
#define CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/mae/mae_components.h"
#include "ssl/mae/mae_input.h"
#include "ssl/mae/masked_teacher.h"
#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"
#include "ssl/teachers/teacher.h"
#include "vit/decoders/decoder.h"
#include "vit/model/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

class MaskedAutoencoder : public Method {
 public:
  // Initialises the weights from `seed` as the official code does. Returns the
  // errors of MakeMaeComponents.
  static absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> Create(
      const MaeSpec& spec, const vit::EncoderSpec& encoder,
      ContextRequest request, uint64_t seed);

  // Corrupts the images if the spec names a corruption.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override;
  int64_t rows_together() const override;
  // Draws the mask (or the corruption), followed by drop-path noise if drop
  // path is on.
  std::vector<at::Tensor> Draw(const DeviceBatch& batch,
                               const base::Streams& streams) const override;
  bool stays_on_device() const override { return true; }
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;
  // Runs Forward with a given mask on images [B, C, H, W]. drop_path: double
  // [B*K, depth, 2], uniform (drop_path_noise.h); undefined: nothing is
  // dropped.
  StepOutput ForwardWithMask(const at::Tensor& images, const Mask& mask,
                             const at::Tensor& drop_path = {});

  // Lets the target fit itself to the training set (k-means).
  absl::Status Begin(
      const std::shared_ptr<const data::Dataset>& dataset) override;
  void BeforeStep(const RunPosition& at) override;
  void AfterOptimizerStep(const RunPosition& at) override;
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override;

  std::vector<ComponentCost> Costs(int64_t batch) const override;
  ContextSizes SizesFor(int64_t batch) const override;

  // Returns images under the first mask of each: the removed patches are
  // predictions, the others are copied. Returns nothing if the target cannot be
  // shown as pixels.
  std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& batch, const base::Streams& streams) override;

 private:
  MaskedAutoencoder(const MaeSpec& spec, const vit::EncoderSpec& encoder,
                    MaeComponents parts, ContextRequest request, uint64_t seed);

  MaskRequest MasksFor(const DeviceBatch& batch,
                       const base::Streams& streams) const;
  // Returns what the target, the scorer and the terms read of the teacher.
  TeacherRequest TeacherReads() const;
  // Builds the mask from the draws, and from the scores of a scorer if there is
  // one.
  Mask FinishMask(const std::vector<at::Tensor>& draws,
                  const TeacherOutput& full_image) const;
  // Builds the input of a step from a batch whose `draws` are filled.
  MaeInput InputOf(const DeviceBatch& batch,
                   const TeacherOutput& full_image) const;
  vit::EncoderOutput Encode(const MaeInput& input,
                            const std::vector<int64_t>& taps) const;
  // Encodes all patches of the other view; returns an empty output if there is
  // none.
  vit::EncoderOutput EncodeMemory(const MaeInput& input,
                                  const std::vector<int64_t>& taps) const;
  // full_image: the teacher's output for the full images.
  StepOutput ForwardInput(const MaeInput& input,
                          const TeacherOutput& full_image);
  // Decodes the latents [B*K, ...] and adds the prediction and its loss to
  // `out`.
  void Predict(const MaeInput& input, const at::Tensor& latent,
               const at::Tensor& memory, const TeacherOutput& teacher_output,
               StepOutput& out) const;

  // Returns the loss over the patches that count, with the target [B, N, T]
  // repeated for each mask.
  ReconstructionLossOutput Compare(const vit::Decoded& decoded,
                                   const TargetOutput& target,
                                   const MaeInput& input) const;

  int64_t NumVisible() const;
  // Returns the number of patches whose tokens the encoder returns.
  int64_t NumEncoded() const;
  vit::DecoderSizes SizesOfDecoder() const;

  MaeSpec spec_;
  uint64_t seed_;
  MaeComponents components_;
  bool every_patch_;  // SeesEveryPatch
  bool two_views_;    // the decoder reads the first view, whole, as a memory
  double mask_ratio_;
  std::shared_ptr<vit::Encoder> encoder_;
  std::shared_ptr<vit::Decoder> decoder_;  // null: it predicts nothing
  MaskedTeacher teacher_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_
