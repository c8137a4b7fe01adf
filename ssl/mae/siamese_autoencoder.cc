#include "ssl/mae/siamese_autoencoder.h"

#include <utility>
#include <vector>

#include "ssl/mae/mask_rows.h"

namespace caldera::ssl {
namespace {

class Siamese : public MaskedAutoencoder {
 public:
  using MaskedAutoencoder::MaskedAutoencoder;

 protected:
  Encoded Encode(const DeviceBatch& batch, const Mask& mask,
                 const std::vector<int64_t>& taps) const override {
    const at::Tensor& images = batch.views.front();  // [B, C, H, W]
    vit::EncoderRequest wanted;
    wanted.taps = taps;
    wanted.drop_path_uniforms =
        FirstOfEach(batch.draws.value().drop_path, images.size(0));
    const vit::EncoderOutput first =
        components_.encoder->forward(images, wanted);  // [B, P + N, D]
    const Encoded second = MaskedAutoencoder::Encode(batch, mask, {});
    const int64_t k = second.latent.size(0) / images.size(0);
    return {second.latent, RepeatPerMask(first.tokens, k), first};
  }
};

}  // namespace

std::shared_ptr<MaskedAutoencoder> SiameseAutoencoder(MaeComponents components,
                                                      ContextRequest request,
                                                      uint64_t seed) {
  return std::make_shared<Siamese>(std::move(components), std::move(request),
                                   seed);
}

}  // namespace caldera::ssl
