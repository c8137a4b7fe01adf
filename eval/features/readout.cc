#include "eval/features/readout.h"

#include <ATen/ops/cat.h>
#include <glog/logging.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/features/tokens/token_feature.h"
#include "vit/layer_norm.h"

namespace caldera::eval {
namespace {

absl::StatusOr<Readout> Resolve(const ReadoutSpec& spec,
                                const vit::EncoderSpec& encoder,
                                const std::string& path) {
  const int64_t depth = encoder.depth();
  ASSIGN_OR_RETURN(const auto feature, TokenFeaturePart::CreateNamed(
                                           path + "feature", spec.feature()));
  if (feature->needs_class_token() && !encoder.class_token()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, "feature: ", spec.feature(),
                     ", but the encoder has no class_token; use MEAN"));
  }
  std::vector<int64_t> blocks(spec.block().begin(), spec.block().end());
  if (blocks.empty()) blocks.push_back(depth - 1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i] < 0 || blocks[i] >= depth) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "block: ", blocks[i], " is not one of the ", depth,
                       " blocks; they count from 0 to ", depth - 1));
    }
    if (std::count(blocks.begin(), blocks.begin() + i, blocks[i]) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "block: ", blocks[i], " is there twice"));
    }
  }
  if (spec.final_norm() && !encoder.final_norm()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, "final_norm: true, but the encoder has no final norm"));
  }
  return Readout{
      absl::AsciiStrToLower(spec.feature()), std::move(blocks),
      spec.has_final_norm() ? spec.final_norm() : encoder.final_norm()};
}

// Applies the module that the official code calls "norm" to tokens [B, P + N,
// D].
at::Tensor FinalNorm(const vit::Encoder& encoder, const at::Tensor& tokens) {
  const auto children = encoder.named_children();
  return children["norm"]->as<vit::LayerNorm>()->forward(tokens);
}

}  // namespace

absl::StatusOr<std::vector<Readout>> ReadoutsOf(
    const EvalSpec& spec, const vit::EncoderSpec& encoder) {
  std::vector<Readout> readouts;
  for (int i = 0; i < spec.readout_size(); ++i) {
    ASSIGN_OR_RETURN(
        const auto readout,
        Resolve(spec.readout(i), encoder, absl::StrCat("readout[", i, "].")));
    readouts.push_back(readout);
  }
  if (readouts.empty()) {
    ReadoutSpec last;
    last.set_feature(spec.feature());
    ASSIGN_OR_RETURN(const auto readout, Resolve(last, encoder, ""));
    readouts.push_back(readout);
  }
  return readouts;
}

int64_t WidthOf(const Readout& readout, const vit::EncoderSpec& encoder) {
  const auto blocks = static_cast<int64_t>(readout.blocks.size());
  if (readout.all_patches) return blocks * encoder.embed_dim();
  return blocks * TokenFeaturePart::CreateNamed("feature", readout.feature)
                      .value()
                      ->width(encoder.embed_dim());
}

std::vector<at::Tensor> ReadFeatures(const vit::Encoder& encoder,
                                     const at::Tensor& images,
                                     const std::vector<Readout>& readouts) {
  const int64_t last = encoder.spec().depth() - 1;
  const int64_t prefix = encoder.num_prefix_tokens();
  std::vector<int64_t> taps;
  for (const Readout& readout : readouts) {
    taps.insert(taps.end(), readout.blocks.begin(), readout.blocks.end());
  }
  const vit::EncoderOutput out = encoder.forward(
      images.to(encoder.parameters()[0].scalar_type()), {}, taps);
  size_t tap = 0;
  std::vector<at::Tensor> features;
  for (const Readout& readout : readouts) {
    CHECK(!readout.final_norm || encoder.spec().final_norm());
    const auto feature =
        TokenFeaturePart::CreateNamed("feature", readout.feature).value();
    std::vector<at::Tensor> parts;
    for (const int64_t block : readout.blocks) {
      at::Tensor tokens = out.taps[tap++];  // [B, P + N, D]
      if (readout.final_norm) {
        tokens = block == last ? out.tokens : FinalNorm(encoder, tokens);
      }
      parts.push_back(readout.all_patches
                          ? tokens.slice(1, prefix)          // [B, N, D]
                          : feature->Read(tokens, prefix));  // [B, D]
    }
    features.push_back(parts.size() == 1 ? parts[0] : at::cat(parts, -1));
  }
  return features;
}

std::vector<Readout> AllPatchesOf(const std::vector<Readout>& readouts) {
  std::vector<Readout> patches;
  for (const Readout& readout : readouts) {
    for (const int64_t block : readout.blocks) {
      const bool known = std::any_of(
          patches.begin(), patches.end(), [&](const Readout& other) {
            return other.blocks[0] == block &&
                   other.final_norm == readout.final_norm;
          });
      if (known) continue;
      patches.push_back({readout.feature, {block}, readout.final_norm, true});
    }
  }
  return patches;
}

nlohmann::json SettingOf(const Readout& readout) {
  return {
      {"feature", readout.all_patches ? "patches"
                                      : absl::AsciiStrToLower(readout.feature)},
      {"block", readout.blocks.size() == 1 ? nlohmann::json(readout.blocks[0])
                                           : nlohmann::json(readout.blocks)},
      {"norm", readout.final_norm},
      {"masking", "none"}};
}

}  // namespace caldera::eval
