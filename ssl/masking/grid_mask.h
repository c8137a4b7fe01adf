#ifndef CALDERA_SSL_MASKING_GRID_MASK_H_
#define CALDERA_SSL_MASKING_GRID_MASK_H_

// Grid-wise masking: the first patch of each s x s cell stays (He et al., CVPR
// 2022, figure 6).
//
//   Mask mask = GridMask().Sample(request);  // ratio 0.75: s = 2
//
// Caveat: the same patches of every image stay, so the task is easy and the
// features are worse than under random masking (the paper's table 1f).

#include <ATen/core/Tensor.h>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class GridMask : public MaskSampler {
 public:
  Mask Sample(const MaskRequest& request) const override;
  bool takes_any_ratio() const override { return false; }
  // Refuses ratios other than 1 - 1/s^2 with an s that divides the grid.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_GRID_MASK_H_
