// Draws the uniform random numbers of a batch's samples.
//
//   at::Tensor noise =
//       UniformNoise(streams, "mask", batch.index, {49});  // [B, 49]
//
// A sample's numbers depend on (seed, purpose, step, data set index) alone: not
// on its place in the batch, on threads or on the number of processes.
#ifndef CALDERA_SSL_MASKING_UNIFORM_NOISE_H_
#define CALDERA_SSL_MASKING_UNIFORM_NOISE_H_

#include <ATen/core/Tensor.h>

#include "absl/strings/string_view.h"
#include "base/random_stream.h"

namespace caldera::ssl {

// Returns numbers in [0, 1), double [B, ...sizes] on the CPU: a sample's row is
// the beginning of its stream of that purpose. index: int64 [B] on the CPU.
at::Tensor UniformNoise(const base::Streams& streams, absl::string_view purpose,
                        const at::Tensor& index, at::IntArrayRef sizes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_UNIFORM_NOISE_H_
