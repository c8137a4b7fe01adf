// The masked autoencoder of the tests: 8 x 8 images of one channel, width 16,
// two blocks.
//
//   Experiment experiment = TinyMae();
#ifndef CALDERA_SSL_METHODS_TINY_MAE_TESTING_H_
#define CALDERA_SSL_METHODS_TINY_MAE_TESTING_H_

#include "ssl/experiment.pb.h"

namespace caldera::ssl {

inline Experiment TinyMae() {
  Experiment experiment;
  vit::EncoderSpec& encoder = *experiment.mutable_encoder();
  encoder.set_image_size(8);
  encoder.set_patch_size(2);
  encoder.set_channels(1);
  encoder.set_embed_dim(16);
  encoder.set_depth(2);
  encoder.set_num_heads(2);
  vit::DecoderSpec& decoder = *experiment.mutable_mae()->mutable_decoder();
  decoder.set_embed_dim(16);
  decoder.set_depth(1);
  decoder.set_num_heads(2);
  return experiment;
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_TINY_MAE_TESTING_H_
