// CropMAE masks one view of an image and decodes it with the help of another
// view, all of whose patches are encoded (Eymael et al., Efficient Image
// Pre-Training with Siamese Cropped Masked Autoencoders, ECCV 2024).
//
//   mae { decoder { kind: SELF_CROSS_ATTENTION } }  # in a spec
//   data { view { count: 2 } }
//
// The first view is the decoder's memory, and auxiliary terms and evaluations
// read its tokens; the second view is masked and predicted.
#ifndef CALDERA_SSL_MAE_SIAMESE_AUTOENCODER_H_
#define CALDERA_SSL_MAE_SIAMESE_AUTOENCODER_H_

#include <cstdint>
#include <memory>

#include "ssl/mae/masked_autoencoder.h"

namespace caldera::ssl {

// The arguments are those of MaskedAutoencoder.
std::shared_ptr<MaskedAutoencoder> SiameseAutoencoder(MaeComponents components,
                                                      ContextRequest request,
                                                      uint64_t seed);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_SIAMESE_AUTOENCODER_H_
