#ifndef CALDERA_SSL_METHODS_MASKED_AUTOENCODER_H_
#define CALDERA_SSL_METHODS_MASKED_AUTOENCODER_H_

// The masked autoencoder (He et al., CVPR 2022): encode the visible patches,
// decode all, compare the removed ones. U-MAE, M-MAE and MU-MAE are this method
// with auxiliary losses.
//
//   MaskedAutoencoder mae(spec.mae(), spec.encoder(), /*taps=*/{10, 11}, seed);
//   StepOutput out = mae.Step(batch, streams);

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ssl/masking/random_mask.h"
#include "ssl/methods/method.h"
#include "ssl/methods/methods.pb.h"
#include "vit/decoder.h"
#include "vit/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

class MaskedAutoencoder : public Method {
 public:
  // taps: blocks whose pooled outputs the auxiliary losses read. Weights are
  // the official initialisation from `seed`.
  MaskedAutoencoder(const MaeSpec& spec, const vit::EncoderSpec& encoder,
                    std::vector<int64_t> taps, uint64_t seed);

  StepOutput Step(const DeviceBatch& batch,
                  const data::Streams& streams) override;
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override;
  // Every image has the same number of removed patches.
  bool samplewise() const override { return true; }

  // Step with the noise given: images [B, C, H, W], noise [B, N], and where the
  // encoder drops paths their noise, [B, depth, 2].
  StepOutput StepWithNoise(const at::Tensor& images, const at::Tensor& noise,
                           const at::Tensor& drop_path = {});

  // Pixels as predicted for every patch; a normalised prediction borrows mean
  // and deviation from the patch that it predicts.
  std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& batch, const data::Streams& streams) override;

 private:
  Mask MakeMask(const at::Tensor& noise, const at::Device& device) const;

  MaeSpec spec_;
  std::vector<int64_t> taps_;
  std::shared_ptr<vit::Encoder> encoder_;
  std::shared_ptr<vit::Decoder> decoder_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_MASKED_AUTOENCODER_H_
