#include "ssl/mae/siamese_autoencoder.h"

#include "ssl/mae/mask_rows.h"

namespace caldera::ssl {

MaskedAutoencoder::Encoded SiameseAutoencoder::Encode(
    const DeviceBatch& batch, const Mask& mask,
    const std::vector<int64_t>& taps) const {
  const at::Tensor& images = batch.views.front();  // [B, C, H, W]
  vit::EncoderRequest wanted;
  wanted.taps = taps;
  wanted.drop_path_uniforms =
      FirstOfEach(batch.draws.value().drop_path, images.size(0));
  const vit::EncoderOutput first =
      components_.encoder->forward(images, wanted);  // [B, 1 + N, D]
  const Encoded second = MaskedAutoencoder::Encode(batch, mask, {});
  const int64_t k = second.latent.size(0) / images.size(0);
  return {second.latent, RepeatPerMask(first.tokens, k), first};
}

}  // namespace caldera::ssl
