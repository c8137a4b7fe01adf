// What a step of a masked autoencoder is computed from.
//
//   MaeInput input{images, images, mask};
//   at::Tensor folded = RepeatPerMask(input.encoder_images, input.num_masks());
//   // [B*K, ...]
#ifndef CALDERA_SSL_MAE_MAE_INPUT_H_
#define CALDERA_SSL_MAE_MAE_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "ssl/losses/reconstruction.pb.h"
#include "ssl/masking/mask.h"

namespace caldera::ssl {

struct MaeInput {
  at::Tensor images;          // [B, C, H, W], whose patches are predicted
  at::Tensor encoder_images;  // [B, C, H, W]: these, or as they were spoilt
  Mask mask;                  // without ids where no patch is removed
  // CorruptedImages::frequencies; undefined: none is removed.
  at::Tensor frequencies;
  // [B, C, H, W]: another view, all of which the decoder reads; undefined:
  // none.
  at::Tensor memory;
  // double [B*K, depth, 2], uniform (drop_path_noise.h); undefined: nothing is
  // dropped.
  at::Tensor drop_path;

  int64_t num_masks() const;  // K of an image
};

// The same with the first mask of each image only.
MaeInput FirstMasks(MaeInput input);

// A row for each mask of an image: [B, ...] -> [B*K, ...].
at::Tensor RepeatPerMask(const at::Tensor& rows, int64_t num_masks);

// How much the loss counts each patch, [B*K, N]; undefined: all alike.
at::Tensor CountedPatches(ReconstructionLossSpec::Reduction reduction,
                          const Mask& mask);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MAE_INPUT_H_
