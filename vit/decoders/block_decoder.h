// What decoders of blocks have in common, under the names of the official code:
// decoder_embed, mask_token, decoder_pos_embed, decoder_norm and decoder_pred.
//
//   class MyDecoder : public BlockDecoder {
//    public:
//     MyDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
//         : BlockDecoder(spec, sizes),
//           blocks_(AddBlocks("decoder_blocks", spec.depth(), [&] {
//             return std::make_shared<Block>(DecoderBlockOptions(spec));
//           })) {
//       AddHead();
//     }
//
// The constructor registers what precedes the blocks and AddHead what follows
// them, so that parameters have the official order.
#ifndef CALDERA_VIT_DECODERS_BLOCK_DECODER_H_
#define CALDERA_VIT_DECODERS_BLOCK_DECODER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/container/modulelist.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/blocks/block_cost.h"
#include "vit/cost.h"
#include "vit/decoders/decoder.h"
#include "vit/layer_norm.h"
#include "vit/ops/linear.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// The options of a decoder's transformer blocks, and their sizes.
BlockOptions DecoderBlockOptions(const DecoderSpec& spec);
BlockSizes DecoderBlockSizes(const DecoderSpec& spec);

// Returns the cost of all but the blocks: `given` tokens are embedded,
// `predicted` ones pass norm and head.
Cost EmbedAndHeadCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                      int64_t given, int64_t predicted);

class BlockDecoder : public Decoder {
 protected:
  BlockDecoder(const DecoderSpec& spec, const DecoderSizes& sizes);

  // Registers a list of blocks, each of which make() returns.
  template <typename Make>
  auto AddBlocks(const std::string& name, int count, const Make& make) {
    auto list = register_module(name, torch::nn::ModuleList());
    std::vector<decltype(make())> blocks;
    for (int i = 0; i < count; ++i) {
      blocks.push_back(make());
      list->push_back(blocks.back());
    }
    return blocks;
  }
  void AddHead();

  // Returns the position embeddings of the removed patches, [B, Nm, Dd], beside
  // `latent`, which is [B, P + Nv, D].
  at::Tensor RemovedPositions(const at::Tensor& latent,
                              const at::Tensor& ids_restore) const;
  // Returns the head's output in the type of `latent`: [B, n, Dd] -> [B, n, T].
  at::Tensor Head(const at::Tensor& x, const at::Tensor& latent) const;

  const DecoderSizes sizes_;
  const int64_t dim_;  // Dd
  std::shared_ptr<Linear> embed_;
  at::Tensor mask_token_;  // [1, 1, Dd]; undefined where sizes_.every_patch
  at::Tensor pos_embed_;   // [1, P + N, Dd]

 private:
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> pred_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_BLOCK_DECODER_H_
