// Draws standard normal noise of the size of images.
//
//   at::Tensor noise = ImageNoise(streams, index, {3, 224, 224});
//   // float [B, 3, 224, 224], on the CPU
//
// A sample's stream seeds a generator of its own, since drawing one number per
// pixel from the stream itself would take as long as a step. The noise repeats
// on one machine.
#ifndef CALDERA_SSL_CORRUPTION_IMAGE_NOISE_H_
#define CALDERA_SSL_CORRUPTION_IMAGE_NOISE_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "base/random_stream.h"

namespace caldera::ssl {

// Returns float [B, C, H, W] on the CPU, drawn from purpose "noise". index:
// int64 [B], on the CPU. sizes: C, H, W.
at::Tensor ImageNoise(const base::Streams& streams, const at::Tensor& index,
                      const std::array<int64_t, 3>& sizes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_IMAGE_NOISE_H_
