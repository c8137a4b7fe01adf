#include "vit/ops/gather_rows.h"

#include <ATen/ops/gather.h>

namespace caldera::vit {

at::Tensor GatherRows(const at::Tensor& rows, const at::Tensor& ids) {
  const int64_t b = ids.size(0);
  const at::Tensor all =
      rows.size(0) == b ? rows : rows.expand({b, -1, -1});  // [B, N, D]
  return at::gather(all, 1, ids.unsqueeze(-1).expand({-1, -1, rows.size(2)}));
}

}  // namespace caldera::vit
