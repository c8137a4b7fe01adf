#include "vit/weights/encoder_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"
#include "vit/weights/fit_weights.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {
namespace {

// Where a ViT's encoder keeps its tensors: one here that we do not know changes
// what the encoder computes. (`norm` is also that of `norm_pre`.)
constexpr absl::string_view kEncoderParts[] = {
    "blocks.", "patch_embed.",    "cls_token", "pos_embed",
    "norm",    "register_tokens", "reg_token"};

bool IsEncoders(absl::string_view name) {
  return std::any_of(
      std::begin(kEncoderParts), std::end(kEncoderParts),
      [&](absl::string_view part) { return absl::StartsWith(name, part); });
}

// Refuses what would make another encoder than the file's.
absl::Status Check(const FitReport& report, const std::string& path) {
  if (!report.missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " lacks the tensor \"", report.missing.front(), "\""));
  }
  if (!report.mismatched.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", report.mismatched.front()));
  }
  for (const std::string& name : report.left_over) {
    if (!IsEncoders(name)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds the tensor \"", name,
                     "\", which the model lacks: it is another kind of ViT"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata) {
  metadata[kEncoderMetadata] = EncoderMetadata(encoder.spec());
  metadata["format"] = "pt";
  return WriteSafetensors(path, {GetStateDict(encoder), std::move(metadata)});
}

absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path,
                                          std::optional<int> num_heads) {
  absl::StatusOr<Weights> weights = LoadWeights(path);
  if (!weights.ok()) return weights.status();
  const std::string& file = weights->path;
  absl::StatusOr<CheckpointLayout> layout =
      InferLayout(weights->tensors, weights->metadata, num_heads, file);
  if (!layout.ok()) return layout.status();
  // Held against the sizes before anything of these sizes is built.
  const FittedWeights fitted =
      FitWeights(weights->tensors, EncoderShapes(layout->encoder));
  const absl::Status fits = Check(fitted.report, file);
  if (!fits.ok()) return fits;
  LoadedEncoder loaded{std::make_shared<Encoder>(layout->encoder),
                       std::move(weights->metadata),
                       std::move(layout->assumptions)};
  for (const auto& [name, how] : fitted.report.interpolated) {
    loaded.notes.push_back(absl::StrCat(name, ": ", how));
  }
  const absl::Status status =
      LoadStateDict(*loaded.encoder, fitted.tensors, file);
  if (!status.ok()) return status;
  loaded.encoder->eval();
  return loaded;
}

absl::StatusOr<StartWeights> LoadStartWeights(const std::string& path,
                                              const EncoderSpec& spec) {
  absl::StatusOr<Weights> weights = LoadWeights(path);
  if (!weights.ok()) return weights.status();
  const std::string& file = weights->path;
  // Heads are no shape, but the wrong number makes the weights meaningless.
  if (weights->metadata.count(kEncoderMetadata) > 0) {
    const absl::StatusOr<CheckpointLayout> layout =
        InferLayout(weights->tensors, weights->metadata, {}, file);
    if (!layout.ok()) return layout.status();
    if (layout->encoder.num_heads() != spec.num_heads()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, " was trained with ", layout->encoder.num_heads(),
                       " attention heads, the model has ", spec.num_heads()));
    }
  }
  if (!spec.final_norm()) {
    weights->tensors.erase("norm.weight");
    weights->tensors.erase("norm.bias");
  }
  FittedWeights fitted = FitWeights(weights->tensors, EncoderShapes(spec));
  const absl::Status fits = Check(fitted.report, file);
  if (!fits.ok()) return fits;
  StartWeights start{std::move(fitted.tensors), {}};
  for (const auto& [name, how] : fitted.report.interpolated) {
    start.notes.push_back(absl::StrCat(name, ": ", how));
  }
  return start;
}

}  // namespace caldera::vit
