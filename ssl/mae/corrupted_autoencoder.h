// Autoencoders of corrupted images: the encoder reads all patches of images
// that were damaged on purpose, and the model predicts the original ones (GMML,
// Atito et al., 2022; MFM, Xie et al., ICLR 2023).
//
//   mae { corruption { patch_groups {} } }  # in a spec
//
// What counts in the loss are the patches that the corruption has replaced, or
// the frequencies that it has removed, for a loss that reads images.
#ifndef CALDERA_SSL_MAE_CORRUPTED_AUTOENCODER_H_
#define CALDERA_SSL_MAE_CORRUPTED_AUTOENCODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "ssl/mae/masked_autoencoder.h"
#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

class CorruptedAutoencoder : public MaskedAutoencoder {
 public:
  using MaskedAutoencoder::MaskedAutoencoder;

  // Corrupts the images.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override;
  int64_t rows_together() const override {
    return components_.corruption->rows_together();
  }
  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override;

 protected:
  // Returns the replaced patches, without ids: no patch is removed.
  Mask MaskOf(const DeviceBatch& batch,
              const TeacherOutput& full_image) const override;
  Encoded Encode(const DeviceBatch& batch, const Mask& mask,
                 const std::vector<int64_t>& taps) const override;
  at::Tensor Counted(const DeviceBatch& batch, const Mask& mask) const override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_CORRUPTED_AUTOENCODER_H_
