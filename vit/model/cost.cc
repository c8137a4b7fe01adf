#include "vit/model/cost.h"

#include <glog/logging.h>

#include "vit/blocks/block_cost.h"
#include "vit/blocks/block_plan.h"

namespace caldera::vit {

Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context) {
  const int64_t d = spec.embed_dim();
  const int64_t prefix = (spec.class_token() ? 1 : 0) + spec.register_tokens();
  const int64_t tokens = prefix + num_visible;
  const int64_t keys = prefix + num_context.value_or(num_visible);
  const int64_t patch =
      int64_t{spec.channels()} * spec.patch_size() * spec.patch_size();
  const auto plan = PlanBlocks(spec);
  CHECK(plan.ok()) << plan.status();
  const BlockCost block = (*plan)->CostOf(
      tokens,
      num_context.has_value() ? std::optional<int64_t>(keys) : std::nullopt);
  Cost cost = ProductCost(num_visible, patch, d, /*input_gradient=*/false) +
              block.flop * spec.depth();
  cost.activations =
      num_visible * patch + tokens * d +
      Kept({d, 0, 0, spec.checkpoint_blocks()}, block.memory, spec.depth()) +
      (spec.pre_norm() ? NormMemory(tokens, d) : 0) +
      (spec.final_norm() ? NormMemory(tokens - spec.register_tokens(), d) : 0);
  if (spec.position_embedding() == EncoderSpec::ROPE) {
    cost.activations += tokens * 2 * d / spec.num_heads();  // sines, cosines
  }
  if (num_context.has_value() && prefix > 0) {
    cost.activations += 2 * keys;  // their numbers, as int64
  }
  return cost;
}

}  // namespace caldera::vit
