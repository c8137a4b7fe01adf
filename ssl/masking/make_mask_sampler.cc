#include "ssl/masking/make_mask_sampler.h"

#include <utility>

#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/masking/block_mask.h"
#include "ssl/masking/color_mask.h"
#include "ssl/masking/complement_mask.h"
#include "ssl/masking/disjoint_block_mask.h"
#include "ssl/masking/grid_mask.h"
#include "ssl/masking/partition_mask.h"
#include "ssl/masking/random_mask.h"
#include "ssl/masking/scored_mask.h"
#include "ssl/schedule/schedule_range.h"

namespace caldera::ssl {
namespace {

// Returns the sampler, or the error of its check.
template <typename T, typename... Arguments>
absl::StatusOr<std::unique_ptr<MaskSampler>> Checked(
    const base::FieldCheck& check, Arguments&&... arguments) {
  RETURN_IF_ERROR(check.status());
  return std::make_unique<T>(std::forward<Arguments>(arguments)...);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MaskSampler>> MakeMaskSampler(
    const MaskingSpec& spec) {
  switch (spec.sampler_case()) {
    case MaskingSpec::kBlock:
      return Checked<BlockMask>(
          base::FieldCheck()
              .AboveUpTo("block.min_share", spec.block().min_share(), 0, 1)
              .AboveUpTo("block.min_aspect", spec.block().min_aspect(), 0, 1),
          spec.block());
    case MaskingSpec::kGrid:
      return std::make_unique<GridMask>();
    case MaskingSpec::kComplement:
      return std::make_unique<ComplementMask>();
    case MaskingSpec::kColor:
      return base::Within("color", ColorMask::Create(spec.color()));
    case MaskingSpec::kPartition:
      return Checked<PartitionMask>(
          base::FieldCheck().InRange("partition.parts",
                                     spec.partition().parts(), 2, 1024),
          spec.partition().parts());
    case MaskingSpec::kDisjointBlock:
      return Checked<DisjointBlockMask>(
          base::FieldCheck().AtLeast("disjoint_block.cell",
                                     spec.disjoint_block().cell(), 1),
          spec.disjoint_block().cell());
    case MaskingSpec::kScored:
      return std::make_unique<ScoredMask>();
    case MaskingSpec::kHard:
      RETURN_IF_ERROR(base::Within("hard.hard_share",
                                   CheckRange(spec.hard().hard_share(), 0, 1)));
      return std::make_unique<HardMask>(
          HardShareOrRamp(spec.hard().hard_share()));
    case MaskingSpec::kCustom:
      return base::Within("custom", CustomMaskSampler::Create(spec.custom()));
    case MaskingSpec::kRandom:
    case MaskingSpec::SAMPLER_NOT_SET:
      break;
  }
  return std::make_unique<RandomMask>();
}

}  // namespace caldera::ssl
