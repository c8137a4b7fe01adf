// RandAugment, with the operations and magnitudes of timm's
// rand-m<magnitude>-mstd<magnitude_std>-inc1: num_ops of the operations that
// register as its members, with replacement, each applied with `probability`.
// Warps are bicubic, as in MAE's fine-tuning.
#include <algorithm>

#include "data/augment/ops/rand_augment.pb.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Draw(const RandAugmentSpec& spec, base::RandomStream& stream,
          std::vector<PixelOp>* ops) {
  static const std::vector<const PixelOpKind*> members =
      PixelOpPart::RandAugmentMembers();
  for (int i = 0; i < spec.num_ops(); ++i) {
    PixelOp op;
    op.kind = members[stream.UniformInt(static_cast<int64_t>(members.size()))];
    const bool chosen = stream.Uniform() < spec.probability();
    const double magnitude =
        spec.magnitude() + spec.magnitude_std() * stream.Normal();
    const double level = std::clamp(magnitude, 0.0, 10.0) / 10;
    const double sign = stream.Uniform() < 0.5 ? -1 : 1;
    const auto amount = op.kind->rand_augment.amount;
    if (amount != nullptr) op.amount = amount(level, sign);
    if (chosen) ops->push_back(op);
  }
}

const bool kRandAugment = PixelOpPart::RegisterGroup<RandAugmentSpec>(
    {"rand_augment", "Applies operations of a list, drawn at random (timm)."},
    /*order=*/20, Draw);

}  // namespace
}  // namespace caldera::data
