#include "vit/weights/encoder_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"
#include "vit/weights/fit_weights.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {
namespace {

// The prefixes of a ViT encoder's tensors: an unknown tensor under one of them
// changes what the encoder computes. (`norm` also covers `norm_pre`.)
constexpr absl::string_view kEncoderParts[] = {
    "blocks.", "patch_embed.",    "cls_token", "pos_embed",
    "norm",    "register_tokens", "reg_token"};

bool IsEncoders(absl::string_view name) {
  return std::any_of(
      std::begin(kEncoderParts), std::end(kEncoderParts),
      [&](absl::string_view part) { return absl::StartsWith(name, part); });
}

}  // namespace

absl::Status CheckWhole(const FitReport& report, const Weights& weights) {
  const std::string& path = weights.path;
  if (!report.missing.empty()) {
    const std::string& name = report.missing.front();
    const bool passed =
        std::count(weights.ignored.begin(), weights.ignored.end(),
                   weights.prefix + name) > 0;
    return absl::InvalidArgumentError(absl::StrCat(
        path, " lacks the tensor \"", name, "\"",
        passed ? " of a type that is read: convert it to float32" : ""));
  }
  if (!report.mismatched.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", report.mismatched.front()));
  }
  for (const std::string& name : report.left_over) {
    if (!IsEncoders(name) || weights.beside.count(name) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds the tensor \"", name,
                     "\", which the model lacks: it is another kind of ViT"));
  }
  return absl::OkStatus();
}

absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata) {
  metadata[kEncoderMetadata] = EncoderMetadata(encoder.spec());
  metadata["format"] = "pt";
  return WriteSafetensors(path, {GetStateDict(encoder), std::move(metadata)});
}

absl::StatusOr<EncoderFile> OpenEncoder(const std::string& path,
                                        std::optional<int> num_heads,
                                        const std::string& key) {
  ASSIGN_OR_RETURN(Weights weights, LoadWeights(path, key));
  if (!num_heads.has_value()) num_heads = weights.num_heads;
  ASSIGN_OR_RETURN(CheckpointLayout layout,
                   InferLayout(weights.tensors, weights.metadata, num_heads,
                               weights.path, weights.norm_eps));
  // The tensors are compared with the sizes before anything of these sizes is
  // built.
  FittedWeights fitted =
      FitWeights(weights.tensors, EncoderShapes(layout.encoder));
  RETURN_IF_ERROR(CheckWhole(fitted.report, weights));
  EncoderFile file{std::move(weights.path), std::move(layout.encoder),
                   std::move(fitted.tensors), std::move(weights.metadata),
                   std::move(weights.notes)};
  for (std::string& assumption : layout.assumptions) {
    file.notes.push_back(std::move(assumption));
  }
  for (const auto& [name, how] : fitted.report.interpolated) {
    file.notes.push_back(absl::StrCat(name, ": ", how));
  }
  return file;
}

absl::StatusOr<std::shared_ptr<Encoder>> EncoderFile::Load() const {
  auto encoder = std::make_shared<Encoder>(spec);
  RETURN_IF_ERROR(LoadStateDict(*encoder, tensors, path));
  encoder->eval();
  return encoder;
}

absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path,
                                          std::optional<int> num_heads,
                                          const std::string& key) {
  ASSIGN_OR_RETURN(EncoderFile file, OpenEncoder(path, num_heads, key));
  ASSIGN_OR_RETURN(auto encoder, file.Load());
  return LoadedEncoder{std::move(encoder), std::move(file.metadata),
                       std::move(file.notes)};
}

}  // namespace caldera::vit
