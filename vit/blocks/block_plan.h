// What is known of an encoder's blocks before there is a tensor: what they
// cost and how they are built. A kind of blocks is one file of vit/blocks/parts
// that registers its plan (docs/adding-a-block.md).
//
//   ASSIGN_OR_RETURN(auto plan, vit::PlanBlocks(spec.encoder()));
//   std::shared_ptr<vit::TokenBlock> first = plan->Build(0);
//   plan->CostOf(197, {}).flop;
//
// Caveat: a program has the blocks that are linked into it: depend on
// //vit/blocks/parts.
#ifndef CALDERA_VIT_BLOCKS_BLOCK_PLAN_H_
#define CALDERA_VIT_BLOCKS_BLOCK_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/part.h"
#include "vit/blocks/block_cost.h"
#include "vit/blocks/token_block.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class BlockPlan {
 public:
  // `spec` has its sizes (ResolveModel).
  explicit BlockPlan(EncoderSpec spec) : spec_(std::move(spec)) {}
  virtual ~BlockPlan() = default;

  // Returns an InvalidArgument, whose text begins with the field's path in the
  // spec, for a field of the encoder that does not suit the blocks.
  virtual absl::Status Check() const { return absl::OkStatus(); }

  // Returns the cost of one block on the `tokens` tokens of one image. keys:
  // the number of those that are keys and values, for a request with key_ids;
  // none: all, and no such request.
  virtual BlockCost CostOf(int64_t tokens,
                           std::optional<int64_t> keys) const = 0;

  // Returns block i of the encoder, with uninitialised weights.
  virtual std::shared_ptr<TokenBlock> Build(int64_t i) const = 0;

  const EncoderSpec& spec() const { return spec_; }

 private:
  EncoderSpec spec_;
};

// Given: the spec, whose fields blocks with options of their own read too.
using BlockPart = base::PartKind<EncoderSpec, BlockPlan, EncoderSpec>;

// Returns the plan of the blocks that `spec` names. Its fields are in their
// ranges. Errors: InvalidArgument, whose text begins with the field's path in
// `spec`.
absl::StatusOr<std::unique_ptr<BlockPlan>> PlanBlocks(const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_BLOCK_PLAN_H_
