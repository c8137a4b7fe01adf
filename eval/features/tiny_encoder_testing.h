// The encoder that tests of this folder share: 8 x 8 grey images in 4 patches,
// two blocks of width 16.
//
//   const auto encoder = TinyEncoder(/*seed=*/1);
#ifndef CALDERA_EVAL_FEATURES_TINY_ENCODER_TESTING_H_
#define CALDERA_EVAL_FEATURES_TINY_ENCODER_TESTING_H_

#include <cstdint>
#include <memory>

#include "vit/model/encoder.h"
#include "vit/model/initialization.h"

namespace caldera::eval {

inline vit::EncoderSpec TinyEncoderSpec() {
  vit::EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  return spec;
}

inline std::shared_ptr<vit::Encoder> TinyEncoder(uint64_t seed) {
  auto encoder = std::make_shared<vit::Encoder>(TinyEncoderSpec());
  vit::InitializeVit(*encoder, seed);
  return encoder;
}

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_TINY_ENCODER_TESTING_H_
