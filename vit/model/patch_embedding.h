// Converts images to patches and back, and projects patches to tokens.
//
//   at::Tensor patches = vit::Patchify(images, 16);       // [B, N, 16*16*C]
//   at::Tensor again = vit::Unpatchify(patches, 16, 3);   // [B, C, H, W]
//
// Caveat: two orders within a patch exist. Patchify uses (row, column,
// channel), as MAE's reconstruction target does; the projection uses (channel,
// row, column), as the weight of the equivalent convolution is laid out.
#ifndef CALDERA_VIT_MODEL_PATCH_EMBEDDING_H_
#define CALDERA_VIT_MODEL_PATCH_EMBEDDING_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "vit/grid.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

// Cuts images into patches, row by row: [B, C, H, W] -> [B, N, p*p*C]. H and W
// are multiples of p.
at::Tensor Patchify(const at::Tensor& images, int64_t patch_size);

// Inverts Patchify: [B, N, p*p*C] -> [B, C, H, W].
at::Tensor Unpatchify(const at::Tensor& patches, int64_t patch_size,
                      int64_t channels, const Grid& grid);
// Inverts Patchify for a square grid.
at::Tensor Unpatchify(const at::Tensor& patches, int64_t patch_size,
                      int64_t channels);

// The convolution with kernel and stride `patch_size`, computed as one matrix
// product over the visible patches alone.
class PatchEmbed : public torch::nn::Module {
 public:
  PatchEmbed(int64_t patch_size, int64_t channels, int64_t embed_dim,
             bool with_bias = true);

  // Returns the tokens of the visible patches, [B, Nv, D], or without ids_keep
  // of all patches, [B, N, D]. images: [B, C, H, W]; ids_keep: int64 [B, Nv].
  at::Tensor forward(const at::Tensor& images,
                     const std::optional<at::Tensor>& ids_keep);

 private:
  int64_t patch_size_;
  std::shared_ptr<Linear> proj_;  // weight [D, C, p, p], as a convolution's
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_PATCH_EMBEDDING_H_
