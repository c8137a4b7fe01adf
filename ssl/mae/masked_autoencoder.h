// The masked autoencoder (He et al., CVPR 2022): encode the visible patches,
// decode all, compare the removed ones. Mask, target, loss, decoder and teacher
// are parts that the spec names. U-MAE, M-MAE, MU-MAE and DMAE are this method
// with auxiliary losses.
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
  // Weights are the official initialisation from `seed`. Errors: those of
  // MakeMaeComponents.
  static absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> Create(
      const MaeSpec& spec, const vit::EncoderSpec& encoder,
      ContextRequest request, uint64_t seed);

  // Spoils the images, where the spec says so.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override;
  int64_t rows_together() const override;
  // The mask, or what spoils the images; where paths are dropped their noise.
  std::vector<at::Tensor> Draw(const DeviceBatch& batch,
                               const base::Streams& streams) const override;
  bool stays_on_device() const override { return true; }
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;
  // Forward with the mask given: images [B, C, H, W].
  // drop_path: double [B*K, depth, 2], uniform (drop_path_noise.h); undefined:
  // nothing is dropped.
  StepOutput ForwardWithMask(const at::Tensor& images, const Mask& mask,
                             const at::Tensor& drop_path = {});

  // The target learns from the set.
  absl::Status Begin(
      const std::shared_ptr<const data::Dataset>& dataset) override;
  void BeforeStep(const RunPosition& at) override;
  void AfterOptimizerStep(const RunPosition& at) override;
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override;

  std::vector<ComponentCost> Costs(int64_t batch) const override;
  ContextSizes SizesFor(int64_t batch) const override;

  // The first mask of each image: its removed patches as predicted, the others
  // as they are. Nothing where the target is no pixels.
  std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& batch, const base::Streams& streams) override;

 private:
  MaskedAutoencoder(const MaeSpec& spec, const vit::EncoderSpec& encoder,
                    MaeComponents parts, ContextRequest request, uint64_t seed);

  MaskRequest MasksFor(const DeviceBatch& batch,
                       const base::Streams& streams) const;
  // What is read of the teacher.
  TeacherRequest TeacherReads() const;
  // From what was drawn, and what a scorer makes of the teacher's look.
  Mask FinishMask(const std::vector<at::Tensor>& draws,
                  const TeacherOutput& full_image) const;
  // Of a batch with its draws.
  MaeInput InputOf(const DeviceBatch& batch,
                   const TeacherOutput& full_image) const;
  vit::EncoderOutput Encode(const MaeInput& input,
                            const std::vector<int64_t>& taps) const;
  // The other view, whole; nothing where there is none.
  vit::EncoderOutput EncodeMemory(const MaeInput& input,
                                  const std::vector<int64_t>& taps) const;
  // whole: what the teacher saw of the whole images.
  StepOutput ForwardInput(const MaeInput& input,
                          const TeacherOutput& full_image);
  // Adds the prediction from the latents [B*K, ...] and its loss.
  void Predict(const MaeInput& input, const at::Tensor& latent,
               const at::Tensor& memory, const TeacherOutput& teacher_output,
               StepOutput& out) const;

  // The loss over the patches that count, with the target [B, N, T] repeated
  // for each mask.
  ReconstructionLossOutput Compare(const at::Tensor& prediction,
                                   const TargetOutput& target,
                                   const MaeInput& input) const;

  int64_t NumVisible() const;
  // Patches whose tokens the encoder gives back.
  int64_t NumEncoded() const;
  vit::DecoderSizes SizesOfDecoder() const;

  MaeSpec spec_;
  uint64_t seed_;
  MaeComponents components_;
  bool every_patch_;  // SeesEveryPatch
  bool two_views_;    // ReadsTwoViews
  double mask_ratio_;
  std::shared_ptr<vit::Encoder> encoder_;
  std::shared_ptr<vit::Decoder> decoder_;  // null: of kind NONE
  MaskedTeacher teacher_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MASKED_AUTOENCODER_H_
