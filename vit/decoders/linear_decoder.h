// The smallest decoder: one matrix for every patch.
//
//   vit::LinearDecoder decoder(spec, {768, {14, 14}, 16 * 16 * 3, true});
//   at::Tensor prediction = decoder.forward(latent, ids_restore);
//
// A visible patch is predicted from its own latent, as in SimMIM, where the
// encoder reads all patches. A removed patch has no latent: its token is the
// mean of all latents, plus a mask token, plus the sine-cosine embedding of its
// place. Where the encoder has read every patch, the decoder consists of the
// matrix alone. The prediction is linear in the latents, so everything
// non-linear is learned by the encoder.
#ifndef CALDERA_VIT_DECODERS_LINEAR_DECODER_H_
#define CALDERA_VIT_DECODERS_LINEAR_DECODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "vit/decoders/decoder.h"
#include "vit/ops/linear.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class LinearDecoder : public Decoder {
 public:
  LinearDecoder(const DecoderSpec& spec, const DecoderSizes& sizes);

  bool predicts_masked_only() const override { return masked_only_; }

 private:
  at::Tensor Predict(const at::Tensor& latent, const at::Tensor& ids_restore,
                     const at::Tensor& memory) const override;

  bool every_patch_, masked_only_;
  int64_t prefix_;         // P
  at::Tensor mask_token_;  // [1, 1, D]; undefined where every_patch_
  at::Tensor pos_embed_;   // [1, P + N, D]; likewise
  std::shared_ptr<Linear> pred_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_LINEAR_DECODER_H_
