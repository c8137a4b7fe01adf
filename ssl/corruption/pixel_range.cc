#include "ssl/corruption/pixel_range.h"

#include <ATen/ops/stack.h>
#include <glog/logging.h>

#include <cstddef>
#include <cstdint>

namespace caldera::ssl {

PixelRange RangeOf(const std::vector<double>& mean,
                   const std::vector<double>& std) {
  PixelRange range;
  for (size_t c = 0; c < mean.size(); ++c) {
    range.black.push_back(-mean[c] / std[c]);
    range.white.push_back((1 - mean[c]) / std[c]);
  }
  return range;
}

at::Tensor CutToPixels(const at::Tensor& images, const PixelRange& range) {
  const int64_t channels = images.size(1);
  CHECK_EQ(range.black.size(), channels) << "the range of pixels is not known";
  std::vector<at::Tensor> cut;  // C x [B, H, W]
  for (int64_t c = 0; c < channels; ++c) {
    cut.push_back(images.select(1, c).clamp(range.black[c], range.white[c]));
  }
  return at::stack(cut, 1);  // [B, C, H, W]
}

}  // namespace caldera::ssl
