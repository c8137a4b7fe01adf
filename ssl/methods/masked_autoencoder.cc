#include "ssl/methods/masked_autoencoder.h"

#include <ATen/ops/gather.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "ssl/losses/masked_mse.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/targets/pixel_target.h"
#include "vit/initialization.h"
#include "vit/make_decoder.h"
#include "vit/patch_embedding.h"

namespace caldera::ssl {

MaskedAutoencoder::MaskedAutoencoder(const MaeSpec& spec,
                                     const vit::EncoderSpec& encoder,
                                     std::vector<int64_t> taps, uint64_t seed)
    : spec_(spec), taps_(std::move(taps)) {
  const int64_t patch_dim =
      encoder.patch_size() * encoder.patch_size() * encoder.channels();
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  decoder_ = register_module(
      "decoder",
      vit::MakeDecoder(spec.decoder(),
                       {encoder_->spec().embed_dim(), encoder_->grid(),
                        patch_dim, encoder_->spec().class_token()}));
  vit::InitializeVit(*encoder_, seed);
  vit::InitializeVit(*decoder_, seed);
}

Mask MaskedAutoencoder::MakeMask(const at::Tensor& noise,
                                 const at::Device& device) const {
  const int64_t kept = NumKept(encoder_->num_patches(), spec_.mask_ratio());
  Mask mask = MaskFromNoise(noise, kept);
  mask.ids_keep = mask.ids_keep.to(device);
  mask.ids_restore = mask.ids_restore.to(device);
  mask.mask = mask.mask.to(device);
  return mask;
}

StepOutput MaskedAutoencoder::Step(const DeviceBatch& batch,
                                   const data::Streams& streams) {
  return StepWithNoise(
      batch.views[0], MaskNoise(streams, batch.index, encoder_->num_patches()),
      DropPathNoise(*encoder_, streams, batch.index, "drop path"));
}

StepOutput MaskedAutoencoder::StepWithNoise(const at::Tensor& images,
                                            const at::Tensor& noise,
                                            const at::Tensor& drop_path) {
  const Mask mask = MakeMask(noise, images.device());
  vit::EncoderRequest request;
  request.ids_keep = mask.ids_keep;
  request.taps = taps_;
  request.drop_path_uniforms = drop_path;
  vit::EncoderOutput encoded =
      encoder_->forward(images, request);  // [B, 1 + Nv, D]
  const at::Tensor prediction =
      decoder_->forward(encoded.tokens, mask.ids_restore);  // [B, N, T]
  at::Tensor target =
      PixelTarget(images, encoder_->spec().patch_size(), spec_.norm_pix_loss());
  at::Tensor removed = mask.mask;
  if (decoder_->predicts_masked_only()) {
    const at::Tensor ids =
        vit::MaskedIds(mask.ids_restore, mask.ids_keep.size(1));
    target = vit::GatherPatches(target, ids);  // [B, Nm, T]
    removed = removed.gather(1, ids);          // [B, Nm], ones
  }

  StepOutput out;
  out.terms = {{"reconstruction", MaskedMse(prediction, target, removed), 1.0}};
  out.context.latent = encoded.tokens;
  for (size_t i = 0; i < taps_.size(); ++i) {
    // Without the CLS token, before the final norm (MAGMA, section 3).
    out.context.taps[taps_[i]] = encoded.taps[i]
                                     .slice(1, encoder_->num_prefix_tokens())
                                     .mean(1);  // [B, D]
  }
  return out;
}

std::optional<Reconstruction> MaskedAutoencoder::Reconstruct(
    const DeviceBatch& batch, const data::Streams& streams) {
  const at::Tensor& images = batch.views[0];
  const int64_t patch = encoder_->spec().patch_size();
  const Mask mask =
      MakeMask(MaskNoise(streams, batch.index, encoder_->num_patches()),
               images.device());
  at::Tensor prediction = decoder_->forward(
      encoder_->forward(images, mask.ids_keep).tokens, mask.ids_restore);
  if (decoder_->predicts_masked_only()) {
    // Visible patches, which the picture shows as they are, stay zero.
    const at::Tensor ids =
        vit::MaskedIds(mask.ids_restore, mask.ids_keep.size(1));
    prediction =
        at::zeros({ids.size(0), mask.mask.size(1), prediction.size(2)},
                  prediction.options())
            .scatter(1, ids.unsqueeze(-1).expand_as(prediction), prediction);
  }
  if (spec_.norm_pix_loss()) {
    prediction = DenormalizePatches(
        prediction, PixelTarget(images, patch, /*norm_pix_loss=*/false));
  }
  return Reconstruction{vit::Unpatchify(prediction, patch, images.size(1)),
                        mask.mask};
}

vit::StateDict MaskedAutoencoder::NamedState() const {
  vit::StateDict state = vit::GetStateDict(*encoder_);
  state.merge(vit::GetStateDict(*decoder_));
  return state;
}

}  // namespace caldera::ssl
