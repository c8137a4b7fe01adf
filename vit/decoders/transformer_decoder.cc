#include "vit/decoders/transformer_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <utility>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/decoders/block_decoder.h"
#include "vit/ops/gather_rows.h"

namespace caldera::vit {
namespace {

class TransformerDecoder : public BlockDecoder {
 public:
  template <typename MakeBlock>
  TransformerDecoder(const DecoderSpec& spec, const DecoderSizes& sizes,
                     const MakeBlock& make_block)
      : BlockDecoder(spec, sizes),
        masked_only_(spec.masked_only()),
        blocks_(AddBlocks("decoder_blocks", spec.depth(), make_block)) {
    AddHead();
  }

  Decoded Decode(const DecoderInput& input) const override {
    const at::Tensor& latent = input.latent;
    BlockRequest request;
    if (input.memory.defined()) {
      request.memory = embed_->forward(input.memory);  // [B, M, Dd]
    }
    at::Tensor x = embed_->forward(latent);  // [B, P + Nv, Dd]
    if (!sizes_.every_patch) {
      // Visible tokens in the order of ids_keep, followed by the mask tokens.
      const int64_t given = x.size(1);
      const int64_t masked =
          sizes_.prefix() + input.ids_restore.size(1) - given;
      x = at::cat({x, mask_token_.expand({x.size(0), masked, x.size(2)})},
                  1);  // [B, P + N, Dd]
      if (masked_only_ && !input.every_patch) {
        x = Removed(std::move(x), given, input.ids_restore, request);
        return {Head(x, latent), /*removed_only=*/true};  // [B, Nm, T]
      }
      x = GatherRows(x, WithPrefix(input.ids_restore));
    }
    x = x + pos_embed_;
    return {Head(InOrder(std::move(x), request), latent)};  // [B, N, T]
  }

 private:
  // Returns the places of all tokens; the CLS token keeps its own.
  at::Tensor WithPrefix(const at::Tensor& ids) const {
    if (sizes_.prefix() == 0) return ids;
    return at::cat({at::zeros({ids.size(0), 1}, ids.options()), ids + 1}, 1);
  }

  // Returns the patches' tokens after all blocks, from tokens in image order,
  // position embedding included: [B, P + N, Dd] -> [B, N, Dd].
  at::Tensor InOrder(at::Tensor x, const BlockRequest& request) const {
    for (const auto& block : blocks_) x = block->Forward(x, request);
    return x.slice(1, sizes_.prefix());
  }

  // Returns the removed patches' tokens after all blocks, from shuffled tokens
  // without position embedding, of which the first `given` are visible: [B, P +
  // N, Dd] -> [B, Nm, Dd].
  at::Tensor Removed(at::Tensor x, int64_t given, const at::Tensor& ids_restore,
                     BlockRequest request) const {
    at::Tensor position = GatherRows(pos_embed_.slice(1, sizes_.prefix()),
                                     IdsShuffle(ids_restore));  // [B, N, Dd]
    if (sizes_.prefix() != 0) {
      position = at::cat(
          {pos_embed_.slice(1, 0, 1).expand({x.size(0), -1, -1}), position},
          1);  // [B, P + N, Dd]
    }
    x = x + position;
    for (const auto& block : blocks_) {
      if (block == blocks_.back()) request.first = given;
      x = block->Forward(x, request);
    }
    return x;
  }

  bool masked_only_;
  std::vector<std::shared_ptr<TokenBlock>> blocks_;
};

}  // namespace

std::shared_ptr<TokenBlock> TransformerPlan::MakeBlock() const {
  return std::make_shared<Block>(DecoderBlockOptions(spec()));
}

BlockCost TransformerPlan::CostOfBlock(int64_t queries, int64_t tokens,
                                       int64_t /*memory*/) const {
  const BlockSizes block = DecoderBlockSizes(spec());
  return {BlockFlop(block, queries, tokens),
          queries == tokens ? SelfAttentionMemory(block, tokens)
                            : QueriesMemory(block, queries, tokens)};
}

Cost TransformerPlan::CostOf(const DecoderSizes& sizes,
                             int64_t num_visible) const {
  const BlockSizes block = DecoderBlockSizes(spec());
  const int64_t patches = sizes.grid.size(), prefix = sizes.prefix();
  const int64_t tokens = prefix + patches, depth = spec().depth();
  const bool removed_only = spec().masked_only() && !sizes.every_patch;
  const int64_t predicted = removed_only ? patches - num_visible : patches;
  const BlockCost full = CostOfBlock(tokens, tokens, sizes.memory);
  const BlockCost last =
      removed_only ? CostOfBlock(predicted, tokens, sizes.memory) : full;
  Cost cost = EmbedAndHeadCost(spec(), sizes, prefix + num_visible, predicted) +
              full.flop * (depth - 1) + last.flop +
              ProductCost(sizes.memory, sizes.encoder_dim, block.dim);
  // The embedded memory and the first block's input are kept.
  cost.activations += (sizes.memory + tokens) * block.dim;
  if (removed_only) {
    cost.activations +=
        Kept(block, full.memory, depth - 1) + last.memory.output +
        // Recomputed, the largest interior alone is alive.
        (block.recompute && depth > 1 ? 0 : last.memory.interior);
    return cost;
  }
  cost.activations += Kept(block, full.memory, depth);
  if (!sizes.every_patch) {
    // Putting the tokens in order keeps them in the old order and, as int64,
    // the place of each.
    cost.activations += tokens * block.dim + (prefix > 0 ? 2 * tokens : 0);
  }
  return cost;
}

std::shared_ptr<Decoder> TransformerPlan::Build(
    const DecoderSizes& sizes) const {
  return std::make_shared<TransformerDecoder>(spec(), sizes,
                                              [this] { return MakeBlock(); });
}

}  // namespace caldera::vit
