// Erases random rectangles (Zhong et al. 2020) of normalised images, as timm's
// "pixel" mode, which MAE's fine-tuning uses.
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

// Draws the rectangle to erase in an image of height x width, with probability
// spec.probability: tries ten times with a uniform area and a log-uniform
// ratio, and rejects a rectangle that is as high or wide as the image.
std::optional<Rectangle> DrawErasing(const RandomErasingSpec& spec,
                                     int64_t height, int64_t width,
                                     base::RandomStream& stream);

// Replaces the drawn rectangle of each image by N(0, 1), in place. `images` is
// float32 [B, C, H, W] on any device; `index`, int64 [B] on the CPU, holds the
// images' positions in their set. Rectangle and noise are pure functions of
// (seed, epoch, index, view, number of the image's copy in the batch), with
// purpose "erase" and the sample of AugmentStream.
void EraseRandomly(const RandomErasingSpec& spec, uint64_t seed, int64_t epoch,
                   int64_t view, const at::Tensor& index,
                   const at::Tensor& images);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_RANDOM_ERASING_H_
