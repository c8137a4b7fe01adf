// The input of one step of a masked autoencoder.
//
//   MaeInput input{images, images, mask};
//   at::Tensor rows =  // [B*K, C, H, W]
//       RepeatPerMask(input.encoder_images, input.num_masks());
#ifndef CALDERA_SSL_MAE_MAE_INPUT_H_
#define CALDERA_SSL_MAE_MAE_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "ssl/losses/reconstruction.pb.h"
#include "ssl/masking/mask.h"

namespace caldera::ssl {

struct MaeInput {
  at::Tensor images;          // [B, C, H, W]: their patches are predicted
  at::Tensor encoder_images;  // [B, C, H, W]: the same, or corrupted
  Mask mask;                  // without ids if no patch is removed
  // CorruptedImages::frequencies; undefined: none is removed.
  at::Tensor frequencies;
  // [B, C, H, W]: another view, of which the decoder reads all patches;
  // undefined: none.
  at::Tensor memory;
  // double [B*K, depth, 2], uniform (drop_path_noise.h); undefined: nothing is
  // dropped.
  at::Tensor drop_path;

  int64_t num_masks() const;  // K, masks per image
};

// Returns the input with only the first mask of each image.
MaeInput FirstMasks(MaeInput input);

// Repeats each row for the K masks of its image: [B, ...] -> [B*K, ...].
at::Tensor RepeatPerMask(const at::Tensor& rows, int64_t num_masks);

// Returns the weight of each patch in the loss, [B*K, N]; undefined if all
// patches count equally.
at::Tensor CountedPatches(ReconstructionLossSpec::Reduction reduction,
                          const Mask& mask);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MAE_INPUT_H_
