#include "ssl/methods/masked_autoencoder.h"

#include <ATen/ops/mean.h>

#include <utility>

#include "ssl/losses/masked_mse.h"
#include "ssl/targets/pixel_target.h"
#include "vit/initialization.h"
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
  decoder_ = register_module("decoder", std::make_shared<vit::MaeDecoder>(
                                            spec.decoder(), encoder.embed_dim(),
                                            encoder_->grid_size(), patch_dim));
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
      batch.views[0], MaskNoise(streams, batch.index, encoder_->num_patches()));
}

StepOutput MaskedAutoencoder::StepWithNoise(const at::Tensor& images,
                                            const at::Tensor& noise) {
  const Mask mask = MakeMask(noise, images.device());
  vit::EncoderOutput encoded =
      encoder_->forward(images, mask.ids_keep, taps_);  // [B, 1 + Nv, D]
  const at::Tensor prediction =
      decoder_->forward(encoded.tokens, mask.ids_restore);  // [B, N, T]
  const at::Tensor target =
      PixelTarget(images, encoder_->spec().patch_size(), spec_.norm_pix_loss());

  StepOutput out;
  out.terms = {
      {"reconstruction", MaskedMse(prediction, target, mask.mask), 1.0}};
  out.context.latent = encoded.tokens;
  for (size_t i = 0; i < taps_.size(); ++i) {
    // Without the CLS token, before the final norm (MAGMA, section 3).
    out.context.taps[taps_[i]] = encoded.taps[i].slice(1, 1).mean(1);  // [B, D]
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
