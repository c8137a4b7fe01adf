#include "ssl/tools/figures/encoder_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/draw/captioned_picture.h"
#include "base/draw/encode_png.h"
#include "base/draw/png.h"
#include "base/draw/svg_pixels.h"
#include "base/field_path.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "data/loader/first_images.h"
#include "eval/features/frozen_encoder.h"
#include "eval/figures/attention_figure.h"
#include "eval/figures/component_figure.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kBlocksShown = 4;

// Returns a picture of pixels inside an SVG with words.
absl::StatusOr<std::string> WithWords(const at::Tensor& pixels,
                                      const std::string& title,
                                      const std::vector<std::string>& columns,
                                      const std::string& caption) {
  ASSIGN_OR_RETURN(const std::string png, base::EncodePng(pixels));
  return base::CaptionedPicture(title, columns, caption, png, pixels.size(2),
                                pixels.size(1));
}

// Returns blocks that end with the last one, the others evenly spaced before
// it.
std::vector<int64_t> EvenBlocks(int64_t depth) {
  const int64_t count = std::min(kBlocksShown, depth);
  std::vector<int64_t> blocks;
  for (int64_t i = 1; i <= count; ++i) blocks.push_back(i * depth / count - 1);
  return blocks;
}

// Returns the columns' names of a picture of blocks.
std::vector<std::string> Columns(const BlockTokens& found) {
  std::vector<std::string> columns = {"input"};
  for (const int64_t block : found.blocks) {
    columns.push_back(absl::StrCat("block ", block));
  }
  return columns;
}

}  // namespace

absl::StatusOr<ImageSample> SampleImages(
    const std::shared_ptr<const data::Dataset>& images,
    const vit::EncoderSpec& encoder, int64_t count, const at::Device& device,
    const std::string& source,
    const std::shared_ptr<data::BadImages>& bad_images) {
  ASSIGN_OR_RETURN(
      const data::Batch batch,
      data::FirstImages(images, count, encoder.image_size(), bad_images));
  return ImageSample{ToDevice(batch, images->info(), device).views[0],
                     batch.views[0].to(at::kFloat) / 255,
                     absl::StrCat("first ", batch.index.size(0), " ", source)};
}

absl::Status CheckAttention(const vit::Encoder& encoder,
                            const std::string& name) {
  if (encoder.spec().class_token()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name,
      " has no CLS token, whose attention this picture shows; leave attention "
      "out of --pictures"));
}

absl::Status CheckBlocks(const vit::Encoder& encoder,
                         const std::vector<int64_t>& blocks,
                         const std::string& name) {
  const int64_t depth = encoder.spec().depth();
  for (const int64_t block : blocks) {
    if (block >= 0 && block < depth) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--blocks: ", block, ", but ", name, " has blocks 0 to ", depth - 1));
  }
  return absl::OkStatus();
}

absl::Status WritePicture(const std::string& svg, const std::string& path,
                          double scale) {
  RETURN_IF_ERROR(base::ReplaceFile(path + ".svg", {svg}));
  ASSIGN_OR_RETURN(const at::Tensor pixels,
                   base::About(path + ".png", base::SvgPixels(svg, scale)));
  return base::WritePng(path + ".png", pixels);
}

absl::StatusOr<std::string> DrawAttention(vit::Encoder& encoder,
                                          const ImageSample& sample,
                                          int64_t shown,
                                          const std::string& name) {
  const vit::EncoderSpec& spec = encoder.spec();
  RETURN_IF_ERROR(CheckAttention(encoder, name));
  const at::NoGradGuard no_grad;
  const eval::FrozenEncoder frozen(encoder);
  vit::EncoderRequest request;
  request.attention_taps = {spec.depth() - 1};
  const vit::EncoderOutput out =
      encoder.forward(sample.normalized.slice(0, 0, shown), request);
  const at::Tensor& attention = out.attention[0];  // [B, h, 1 + N, 1 + N]
  std::vector<std::string> columns = {"input"};
  for (int64_t head = 0; head < attention.size(1); ++head) {
    columns.push_back(absl::StrCat("head ", head));
  }
  return WithWords(
      eval::AttentionFigure(sample.pixels.slice(0, 0, shown), attention,
                            encoder.grid(), shown),
      absl::StrCat("Attention of the CLS token: ", name), columns,
      absl::StrCat("Block ", spec.depth() - 1, " of ", spec.depth(),
                   " (from 0), ", std::min(shown, sample.pixels.size(0)),
                   " of the ", sample.source,
                   "; each map from its least to its greatest weight"));
}

absl::StatusOr<BlockTokens> TokensOfBlocks(vit::Encoder& encoder,
                                           const ImageSample& sample,
                                           std::vector<int64_t> blocks,
                                           const std::string& name) {
  if (blocks.empty()) blocks = EvenBlocks(encoder.spec().depth());
  RETURN_IF_ERROR(CheckBlocks(encoder, blocks, name));
  const at::NoGradGuard no_grad;
  const eval::FrozenEncoder frozen(encoder);
  const vit::EncoderOutput out =
      encoder.forward(sample.normalized, std::nullopt, blocks);
  BlockTokens found;
  found.blocks = std::move(blocks);
  for (const at::Tensor& tap : out.taps) {
    found.tokens.push_back(tap.slice(1, encoder.num_prefix_tokens()));
  }
  return found;
}

absl::StatusOr<std::string> DrawComponents(const ImageSample& sample,
                                           const BlockTokens& found,
                                           const vit::Grid& grid, int64_t shown,
                                           const std::string& name) {
  return WithWords(
      eval::ComponentFigure(sample.pixels, found.tokens, grid, shown),
      absl::StrCat("Leading component of patch tokens: ", name), Columns(found),
      absl::StrCat("One basis and scale a block (from 0, before the final ",
                   "norm) over the ", sample.source));
}

absl::StatusOr<std::string> DrawComponentColors(const ImageSample& sample,
                                                const BlockTokens& found,
                                                const vit::Grid& grid,
                                                int64_t shown,
                                                const std::string& name) {
  const int64_t width = found.tokens[0].size(2);
  if (width < 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " has tokens of width ", width,
        ", but component_colors needs three; leave it out of --pictures"));
  }
  return WithWords(
      eval::ComponentColorFigure(sample.pixels, found.tokens, grid, shown),
      absl::StrCat("Three components of patch tokens: ", name), Columns(found),
      absl::StrCat("Red, green, blue: components 1, 2, 3; one basis a block ",
                   "over the ", sample.source));
}

}  // namespace caldera::ssl
