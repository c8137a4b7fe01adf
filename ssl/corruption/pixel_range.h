// The values of black and white pixels after normalisation, and images that are
// cut to them.
//
//   PixelRange range = RangeOf(info.mean, info.std);
//   images = CutToPixels(images, range);  // no value that no pixel has
//
// A file has no pixel below 0 or above 1; a filtered image has.
#ifndef CALDERA_SSL_CORRUPTION_PIXEL_RANGE_H_
#define CALDERA_SSL_CORRUPTION_PIXEL_RANGE_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace caldera::ssl {

// One entry per channel; empty: not known.
struct PixelRange {
  std::vector<double> black, white;
};

// Returns what (v - mean) / std makes of v = 0 and v = 1. mean, std: one entry
// per channel.
PixelRange RangeOf(const std::vector<double>& mean,
                   const std::vector<double>& std);

// Returns images [B, C, H, W] with every value between black and white of its
// channel. Makes no tensor on the host and does not wait for the device.
// CHECK: the range has C channels.
at::Tensor CutToPixels(const at::Tensor& images, const PixelRange& range);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_PIXEL_RANGE_H_
