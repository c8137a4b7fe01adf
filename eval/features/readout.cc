#include "eval/features/readout.h"

#include <glog/logging.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

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
  if (spec.has_block() && (spec.block() < 0 || spec.block() >= depth)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, "block: ", spec.block(), " is not one of the ",
                     depth, " blocks; they count from 0 to ", depth - 1));
  }
  if (spec.final_norm() && !encoder.final_norm()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, "final_norm: true, but the encoder has no final norm"));
  }
  return Readout{
      absl::AsciiStrToLower(spec.feature()),
      spec.has_block() ? spec.block() : depth - 1,
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

std::vector<at::Tensor> ReadFeatures(const vit::Encoder& encoder,
                                     const at::Tensor& images,
                                     const std::vector<Readout>& readouts) {
  const int64_t last = encoder.spec().depth() - 1;
  const int64_t prefix = encoder.num_prefix_tokens();
  std::vector<int64_t> taps;
  for (const Readout& readout : readouts) taps.push_back(readout.block);
  const vit::EncoderOutput out = encoder.forward(
      images.to(encoder.parameters()[0].scalar_type()), {}, taps);
  std::vector<at::Tensor> features;
  for (size_t i = 0; i < readouts.size(); ++i) {
    const Readout& readout = readouts[i];
    CHECK(!readout.final_norm || encoder.spec().final_norm());
    at::Tensor tokens = out.taps[i];  // [B, P + N, D]
    if (readout.final_norm) {
      tokens = readout.block == last ? out.tokens : FinalNorm(encoder, tokens);
    }
    if (readout.all_patches) {
      features.push_back(tokens.slice(1, prefix));  // [B, N, D]
    } else {
      features.push_back(
          TokenFeaturePart::CreateNamed("feature", readout.feature)
              .value()
              ->Read(tokens, prefix));  // [B, D]
    }
  }
  return features;
}

std::vector<Readout> AllPatchesOf(const std::vector<Readout>& readouts) {
  std::vector<Readout> patches;
  for (Readout readout : readouts) {
    readout.all_patches = true;
    const bool known =
        std::any_of(patches.begin(), patches.end(), [&](const Readout& other) {
          return other.block == readout.block &&
                 other.final_norm == readout.final_norm;
        });
    if (!known) patches.push_back(readout);
  }
  return patches;
}

nlohmann::json SettingOf(const Readout& readout) {
  return {
      {"feature", readout.all_patches ? "patches"
                                      : absl::AsciiStrToLower(readout.feature)},
      {"block", readout.block},
      {"norm", readout.final_norm},
      {"masking", "none"}};
}

}  // namespace caldera::eval
