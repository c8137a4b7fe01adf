#include "vit/decoders/decoder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>

namespace caldera::vit {

at::Tensor IdsShuffle(const at::Tensor& ids_restore) {
  const at::Tensor patches =
      at::arange(ids_restore.size(1), ids_restore.options());
  return at::empty_like(ids_restore)
      .scatter_(1, ids_restore, patches.expand_as(ids_restore));
}

at::Tensor MaskedIds(const at::Tensor& ids_restore, int64_t num_visible) {
  return IdsShuffle(ids_restore).slice(1, num_visible);
}

}  // namespace caldera::vit
