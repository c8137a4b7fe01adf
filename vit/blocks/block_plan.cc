#include "vit/blocks/block_plan.h"

#include "base/status.h"

namespace caldera::vit {

absl::StatusOr<std::unique_ptr<BlockPlan>> PlanBlocks(const EncoderSpec& spec) {
  ASSIGN_OR_RETURN(std::unique_ptr<BlockPlan> plan,
                   BlockPart::Create(spec, spec));
  RETURN_IF_ERROR(plan->Check());
  return plan;
}

}  // namespace caldera::vit
