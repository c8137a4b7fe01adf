#include "ssl/mae/mae_input.h"

#include <ATen/TensorOperators.h>

namespace caldera::ssl {

int64_t MaeInput::num_masks() const {
  return mask.ids_keep.defined() ? mask.ids_keep.size(0) / images.size(0) : 1;
}

MaeInput FirstMasks(MaeInput input) {
  const int64_t k = input.num_masks();
  if (k == 1) return input;
  Mask& mask = input.mask;
  for (at::Tensor* rows : {&mask.ids_keep, &mask.ids_remove, &mask.ids_restore,
                           &mask.mask, &input.drop_path}) {
    if (rows->defined()) *rows = rows->slice(0, 0, rows->size(0), k);
  }
  return input;
}

at::Tensor RepeatPerMask(const at::Tensor& rows, int64_t num_masks) {
  return num_masks == 1 ? rows : rows.repeat_interleave(num_masks, 0);
}

at::Tensor CountedPatches(ReconstructionLossSpec::Reduction reduction,
                          const Mask& mask) {
  if (reduction == ReconstructionLossSpec::ALL) return {};
  const at::Tensor counted =
      reduction == ReconstructionLossSpec::MASKED ? mask.mask : 1 - mask.mask;
  // A corruption replaces more patches of one image than of another; each image
  // has weight 1, so that the loss does not depend on how a batch is sliced.
  return mask.ids_keep.defined() ? counted : counted / counted.sum(1, true);
}

}  // namespace caldera::ssl
