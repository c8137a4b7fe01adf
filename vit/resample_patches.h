// Resamples a patch embedding to another size of patches or another number of
// channels.
//
//   at::Tensor kernel = vit::ResamplePatches(weight, 14);  // [D, C, 14, 14]
//   kernel = vit::ResampleChannels(kernel, 1);             // [D, 1, 14, 14]
//
// A larger patch gives the same tokens for an enlarged image: the kernel is
// multiplied by the pseudo-inverse of the matrix that resizes a patch
// (PI-resize of FlexiViT, Beyer et al., CVPR 2023, section 3.4). The resize is
// bicubic with antialiasing, as in timm's resample_patch_embed.
#ifndef CALDERA_VIT_RESAMPLE_PATCHES_H_
#define CALDERA_VIT_RESAMPLE_PATCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::vit {

// weight: [D, C, P, P]. Returns [D, C, patch_size, patch_size], of its type;
// computes in double.
at::Tensor ResamplePatches(const at::Tensor& weight, int64_t patch_size);

// Returns [D, channels, P, P]: the sum over the channels where one is wanted,
// which is the same for a grey image in all of them; the kernel of the one
// channel divided equally among several where the weight has one; an undefined
// tensor for other counts, which have no meaning for each other.
at::Tensor ResampleChannels(const at::Tensor& weight, int64_t channels);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_RESAMPLE_PATCHES_H_
