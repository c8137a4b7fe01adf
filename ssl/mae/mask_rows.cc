#include "ssl/mae/mask_rows.h"

#include "vit/ops/gather_rows.h"

namespace caldera::ssl {

at::Tensor RepeatPerMask(const at::Tensor& rows, int64_t num_masks) {
  if (num_masks == 1 || !rows.defined()) return rows;
  return rows.repeat_interleave(num_masks, 0);
}

at::Tensor FirstOfEach(const at::Tensor& rows, int64_t num_images) {
  if (!rows.defined() || rows.size(0) == num_images) return rows;
  return rows.slice(0, 0, rows.size(0), rows.size(0) / num_images);
}

at::Tensor Removed(const at::Tensor& patches, const Mask& mask) {
  if (!patches.defined()) return patches;
  return patches.dim() == 2 ? patches.gather(1, mask.ids_remove)
                            : vit::GatherRows(patches, mask.ids_remove);
}

}  // namespace caldera::ssl
