// Draws an encoder's output on unmasked images: attention and components.
//
//   auto sample = SampleImages(images, encoder, /*count=*/64, device);
//   auto attention = DrawAttention(encoder, *sample, /*shown=*/8, "m_mae");
//   absl::Status status = WritePicture(*attention, "runs/a/images/attention");
#ifndef CALDERA_SSL_TOOLS_FIGURES_ENCODER_PICTURES_H_
#define CALDERA_SSL_TOOLS_FIGURES_ENCODER_PICTURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "vit/grid.h"
#include "vit/model/encoder.h"

namespace caldera::ssl {

// A few images, normalised for an encoder and as pixels for people.
struct ImageSample {
  at::Tensor normalized;  // [B, C, H, W], on the device
  at::Tensor pixels;      // [B, C, H, W] in 0..1, on the CPU
  std::string source;     // "first 8 test images of fashion_mnist"
};

// Returns the first `count` images of the set, or all, resized without
// augmentation; bad_images: as in data::FirstImages, whose errors are returned.
// Captions name `source`.
absl::StatusOr<ImageSample> SampleImages(
    const std::shared_ptr<const data::Dataset>& images,
    const vit::EncoderSpec& encoder, int64_t count, const at::Device& device,
    const std::string& source,
    const std::shared_ptr<data::BadImages>& bad_images);

// Returns InvalidArgument for an encoder without a CLS token, whose attention
// cannot be drawn.
absl::Status CheckAttention(const vit::Encoder& encoder,
                            const std::string& name);

// Returns InvalidArgument "--blocks: ..." for a block that the encoder does not
// have.
absl::Status CheckBlocks(const vit::Encoder& encoder,
                         const std::vector<int64_t>& blocks,
                         const std::string& name);

// Writes PATH.svg and PATH.png, which has `scale` pixels for one of the SVG.
// Errors name the file.
absl::Status WritePicture(const std::string& svg, const std::string& path,
                          double scale = 1);

// Draws the last block's attention from the CLS token, head by head, for the
// first `shown` images. Errors: those of CheckAttention.
absl::StatusOr<std::string> DrawAttention(vit::Encoder& encoder,
                                          const ImageSample& sample,
                                          int64_t shown,
                                          const std::string& name);

// The patch tokens of a sample after some blocks.
struct BlockTokens {
  std::vector<int64_t> blocks;
  std::vector<at::Tensor> tokens;  // one [B, N, D] a block
};

// Returns the tokens of `blocks` (none: four evenly spaced ones) for all images
// of the sample. Errors: those of CheckBlocks.
absl::StatusOr<BlockTokens> TokensOfBlocks(vit::Encoder& encoder,
                                           const ImageSample& sample,
                                           std::vector<int64_t> blocks,
                                           const std::string& name);

// Draws the leading principal component of the patch tokens, computed for each
// block over all images of the sample, for the first `shown` images.
absl::StatusOr<std::string> DrawComponents(const ImageSample& sample,
                                           const BlockTokens& found,
                                           const vit::Grid& grid, int64_t shown,
                                           const std::string& name);

// Likewise with the three leading components as red, green and blue. Errors:
// InvalidArgument for tokens whose width is below 3.
absl::StatusOr<std::string> DrawComponentColors(const ImageSample& sample,
                                                const BlockTokens& found,
                                                const vit::Grid& grid,
                                                int64_t shown,
                                                const std::string& name);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_ENCODER_PICTURES_H_
