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

#include <cstdint>
#include <memory>

#include "ssl/mae/masked_autoencoder.h"

namespace caldera::ssl {

// The arguments are those of MaskedAutoencoder.
std::shared_ptr<MaskedAutoencoder> CorruptedAutoencoder(
    MaeComponents components, ContextRequest request, uint64_t seed);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_CORRUPTED_AUTOENCODER_H_
