// Random erasing (Zhong et al. 2020) of normalised images, as timm's "pixel"
// mode, which MAE's fine-tuning uses.
//
//   at::Tensor x = Normalize(view, mean, std);
//   EraseRandomly(spec, seed, epoch, /*view=*/0, batch.index, x);
#ifndef CALDERA_DATA_AUGMENT_RANDOM_ERASING_H_
#define CALDERA_DATA_AUGMENT_RANDOM_ERASING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "base/random_stream.h"
#include "data/data.pb.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// What to erase of an image of height x width: with spec.probability, ten tries
// of area uniform and ratio log-uniform; a rectangle as high or wide as the
// image does not count.
std::optional<Rectangle> DrawErasing(const RandomErasingSpec& spec,
                                     int64_t height, int64_t width,
                                     base::RandomStream& stream);

// Replaces the drawn rectangle of each image by N(0, 1), in place. `images`
// float32 [B, C, H, W] on any device, `index` int64 [B] on the CPU, the images'
// positions in their set. Place and noise are pure functions of (seed, epoch,
// index, view, and which of an image's copies in the batch it is), with purpose
// "erase" and the sample of AugmentStream.
void EraseRandomly(const RandomErasingSpec& spec, uint64_t seed, int64_t epoch,
                   int64_t view, const at::Tensor& index,
                   const at::Tensor& images);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_RANDOM_ERASING_H_
