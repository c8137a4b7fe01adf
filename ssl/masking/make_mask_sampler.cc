#include "ssl/masking/make_mask_sampler.h"

#include <utility>

#include "absl/strings/str_cat.h"
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

// In (0, 1]: such a share or aspect of a rectangle exists.
absl::Status CheckShare(absl::string_view field, double value) {
  if (value > 0 && value <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("block.", field, ": ", value, " is not in (0, 1]"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MaskSampler>> MakeMaskSampler(
    const MaskingSpec& spec) {
  switch (spec.sampler_case()) {
    case MaskingSpec::kBlock:
      for (const absl::Status& status :
           {CheckShare("min_share", spec.block().min_share()),
            CheckShare("min_aspect", spec.block().min_aspect())}) {
        if (!status.ok()) return status;
      }
      return std::make_unique<BlockMask>(spec.block());
    case MaskingSpec::kGrid:
      return std::make_unique<GridMask>();
    case MaskingSpec::kComplement:
      return std::make_unique<ComplementMask>();
    case MaskingSpec::kColor: {
      return base::Within("color", ColorMask::Create(spec.color()));
    }
    case MaskingSpec::kPartition: {
      const int parts = spec.partition().parts();
      if (parts < 2 || parts > 1024) {
        return absl::InvalidArgumentError(absl::StrCat(
            "partition.parts: ", parts, " is not between 2 and 1024"));
      }
      return std::make_unique<PartitionMask>(parts);
    }
    case MaskingSpec::kDisjointBlock: {
      const int cell = spec.disjoint_block().cell();
      if (cell < 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("disjoint_block.cell: ", cell, " is not at least 1"));
      }
      return std::make_unique<DisjointBlockMask>(cell);
    }
    case MaskingSpec::kScored:
      return std::make_unique<ScoredMask>();
    case MaskingSpec::kHard: {
      RETURN_IF_ERROR(base::Within("hard.hard_share",
                                   CheckRange(spec.hard().hard_share(), 0, 1)));
      return std::make_unique<HardMask>(
          HardShareOrRamp(spec.hard().hard_share()));
    }
    case MaskingSpec::kCustom: {
      return base::Within("custom", CustomMaskSampler::Create(spec.custom()));
    }
    case MaskingSpec::kRandom:
    case MaskingSpec::SAMPLER_NOT_SET:
      break;
  }
  return std::make_unique<RandomMask>();
}

}  // namespace caldera::ssl
