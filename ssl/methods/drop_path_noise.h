// Draws the random numbers of an encoder's drop path, from counter-based
// streams.
//
//   vit::EncoderRequest request;
//   request.drop_path_uniforms =
//       DropPathNoise(encoder, streams, batch.index, "drop path");
//
// The paths that a sample drops depend on (seed, step, data set index) alone:
// not on its place in the batch, on threads or on the number of processes.
#ifndef CALDERA_SSL_METHODS_DROP_PATH_NOISE_H_
#define CALDERA_SSL_METHODS_DROP_PATH_NOISE_H_

#include <ATen/core/Tensor.h>

#include "absl/strings/string_view.h"
#include "base/random_stream.h"
#include "vit/model/encoder.h"

namespace caldera::ssl {

// Returns uniform numbers, double [B, depth, 2] on the CPU; undefined if the
// encoder drops nothing (in eval mode or at rate 0). index: int64 [B] on the
// CPU. Views of one sample that should drop independently take different
// purposes.
at::Tensor DropPathNoise(const vit::Encoder& encoder,
                         const base::Streams& streams, const at::Tensor& index,
                         absl::string_view purpose);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_DROP_PATH_NOISE_H_
