#include "base/draw/image_grid.h"

#include <ATen/ops/full.h>
#include <glog/logging.h>

#include <algorithm>

namespace caldera::base {

at::Tensor ImageGrid(const std::vector<std::vector<at::Tensor>>& rows,
                     int64_t scale, int64_t gap) {
  CHECK_GE(scale, 1);
  CHECK_GE(gap, 0);
  size_t longest = 0;
  at::Tensor first;
  for (const auto& row : rows) {
    longest = std::max(longest, row.size());
    if (!first.defined() && !row.empty()) first = row[0];
  }
  CHECK(first.defined() && first.dim() == 3) << "no image [C, H, W]";
  const int64_t height = first.size(1) * scale, width = first.size(2) * scale;
  at::Tensor grid = at::full(
      {first.size(0), static_cast<int64_t>(rows.size()) * (height + gap) - gap,
       static_cast<int64_t>(longest) * (width + gap) - gap},
      255, at::kByte);  // [C, H', W']
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const at::Tensor& image = rows[r][c];
      CHECK(image.sizes() == first.sizes() && image.scalar_type() == at::kByte)
          << "row " << r << ", column " << c;
      grid.narrow(1, r * (height + gap), height)
          .narrow(2, c * (width + gap), width)
          .copy_(image.detach().repeat_interleave(scale, 1).repeat_interleave(
              scale, 2));  // [C, H scale, W scale]
    }
  }
  return grid;
}

}  // namespace caldera::base
