// Converts a decoder's spec into the options of its transformer blocks.
//
//   auto block = std::make_shared<Block>(DecoderBlockOptions(spec));
#ifndef CALDERA_VIT_DECODERS_DECODER_BLOCK_OPTIONS_H_
#define CALDERA_VIT_DECODERS_DECODER_BLOCK_OPTIONS_H_

#include "vit/blocks/block.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

inline BlockOptions DecoderBlockOptions(const DecoderSpec& spec) {
  BlockOptions options;
  options.embed_dim = spec.embed_dim();
  options.num_heads = spec.num_heads();
  options.mlp_ratio = spec.mlp_ratio();
  options.recompute = spec.checkpoint_blocks();
  return options;
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_DECODER_BLOCK_OPTIONS_H_
