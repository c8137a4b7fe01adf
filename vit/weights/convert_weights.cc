#include "vit/weights/convert_weights.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "vit/model/validate_encoder.h"
#include "vit/weights/checkpoint_layout.h"
#include "vit/weights/fit_weights.h"
#include "vit/weights/pth_file.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/weights_file.h"
#include "vit/weights/write_folder.h"

namespace caldera::vit {
namespace {

bool IsPth(const std::string& path) {
  return absl::EndsWith(path, ".pth") || absl::EndsWith(path, ".pt");
}

// "encoder 224/16, width 768, 12 blocks, 12 heads; head of 1000 classes".
std::string Describe(const CheckpointLayout& layout) {
  const EncoderSpec& spec = layout.encoder;
  std::string text =
      absl::StrCat("encoder ", spec.image_size(), "/", spec.patch_size(), ", ",
                   spec.channels(), " channels, width ", spec.embed_dim(), ", ",
                   spec.depth(), " blocks, ", spec.num_heads(), " heads");
  if (layout.decoder.has_value()) {
    absl::StrAppend(&text, "; decoder of width ", layout.decoder->embed_dim,
                    ", ", layout.decoder->depth, " blocks");
  }
  if (layout.num_classes > 0) {
    absl::StrAppend(&text, "; head of ", layout.num_classes, " classes");
  }
  return text;
}

// Takes the names that the ViT's prefix does not have out of those left over:
// they are of other networks in the file.
std::vector<std::string> TakeBeside(const Weights& weights, FitReport* fit) {
  std::vector<std::string> beside, left_over;
  for (std::string& name : fit->left_over) {
    (weights.beside.count(name) > 0 ? beside : left_over)
        .push_back(std::move(name));
  }
  fit->left_over = std::move(left_over);
  return beside;
}

// Returns a line for each kind of outcome, with names where a user needs them.
std::string Report(const Weights& weights, const CheckpointLayout& layout,
                   const FitReport& fit,
                   const std::vector<std::string>& beside) {
  std::string text = absl::StrCat(weights.path, ": ", Describe(layout), "\n");
  for (const std::string& note : weights.notes) {
    absl::StrAppend(&text, "chosen        ", note, "\n");
  }
  for (const std::string& assumption : layout.assumptions) {
    absl::StrAppend(&text, "assumed       ", assumption, "\n");
  }
  const auto line = [&](absl::string_view kind, size_t count,
                        const std::vector<std::string>& names) {
    constexpr size_t kShown = 8;
    absl::StrAppendFormat(&text, "%-13s%4d", kind, count);
    const size_t shown = std::min(names.size(), kShown);
    if (shown > 0) {
      absl::StrAppend(
          &text, "  ",
          absl::StrJoin(names.begin(), names.begin() + shown, ", "));
    }
    if (shown < names.size()) {
      absl::StrAppend(&text, ", and ", names.size() - shown, " more");
    }
    absl::StrAppend(&text, "\n");
  };
  std::vector<std::string> interpolated, renamed;
  for (const auto& [name, how] : fit.interpolated) {
    interpolated.push_back(absl::StrCat(name, " (", how, ")"));
  }
  if (!weights.renamed.empty()) {
    if (!weights.prefix.empty()) {
      renamed.push_back(absl::StrCat("without \"", weights.prefix, "\""));
    }
  }
  line("taken", fit.taken.size(), {});
  line("renamed", weights.renamed.size(), renamed);
  line("interpolated", fit.interpolated.size(), interpolated);
  line("missing", fit.missing.size(), fit.missing);
  if (!fit.mismatched.empty()) {
    line("mismatched", fit.mismatched.size(), fit.mismatched);
  }
  line("left over", fit.left_over.size(), fit.left_over);
  if (!beside.empty()) line("beside it", beside.size(), beside);
  if (!weights.ignored.empty()) {
    line("passed over", weights.ignored.size(), weights.ignored);
  }
  return text;
}

// Returns "missing: a and 2 more" for each kind that prevents the conversion.
std::string Obstacles(const FitReport& fit) {
  std::vector<std::string> kinds;
  for (const auto& [kind, names] : {std::pair("missing", &fit.missing),
                                    std::pair("mismatched", &fit.mismatched),
                                    std::pair("left over", &fit.left_over)}) {
    if (names->empty()) continue;
    kinds.push_back(absl::StrCat(kind, ": ", names->front()));
    if (names->size() > 1) {
      absl::StrAppend(&kinds.back(), " and ", names->size() - 1, " more");
    }
  }
  return absl::StrJoin(kinds, "; ");
}

}  // namespace

absl::Status ConvertWeights(const ConvertOptions& options,
                            std::string* report) {
  const bool is_folder = options.format == "hf" || options.format == "hf_mae" ||
                         options.format == "timm";
  if (!is_folder && !options.format.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--format=", options.format,
        " is not hf, hf_mae or timm; leave it out to write a file"));
  }
  if (!is_folder && !IsPth(options.output) &&
      !absl::EndsWith(options.output, ".safetensors")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out=", options.output,
                     " ends neither in .safetensors nor in .pth or .pt"));
  }
  ASSIGN_OR_RETURN(Weights weights, LoadWeights(options.input, options.key));
  ASSIGN_OR_RETURN(
      CheckpointLayout layout,
      InferLayout(
          weights.tensors, weights.metadata,
          options.num_heads.has_value() ? options.num_heads : weights.num_heads,
          weights.path, weights.norm_eps));
  if (!options.encoder.empty()) {
    EncoderSpec told;
    if (!base::ParseSpec(options.encoder, &told)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--encoder=", options.encoder,
          " has no fields of EncoderSpec (vit/vit.proto), as in --encoder="
          "'activation: QUICK_GELU'"));
    }
    layout.encoder.MergeFrom(told);
    const absl::Status valid = Validate(layout.encoder);
    if (!valid.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--encoder=", options.encoder, ": ", valid.message()));
    }
  }
  if (options.image_size.has_value()) {
    layout.encoder.set_image_size(*options.image_size);
    const absl::Status valid = Validate(layout.encoder);
    if (!valid.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--image_size=", *options.image_size, ": ", valid.message()));
    }
  }
  FittedWeights fitted = FitWeights(weights.tensors, LayoutShapes(layout));
  const std::vector<std::string> beside = TakeBeside(weights, &fitted.report);
  const FitReport& fit = fitted.report;
  *report = Report(weights, layout, fit, beside);
  const std::string obstacles = Obstacles(fit);
  if (!obstacles.empty() && !options.allow_partial) {
    return absl::FailedPreconditionError(
        absl::StrCat(weights.path, ": ", obstacles,
                     "; --allow_partial writes the rest without them"));
  }
  if (options.format == "hf_mae") {
    if (!layout.decoder.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(weights.path,
                       ": --format=hf_mae needs MAE's decoder, which the file "
                       "lacks; use --format=hf, or a checkpoint of the run"));
    }
    return WriteHuggingFaceMae(
        options.output, layout.encoder, *layout.decoder,
        options.decoder_num_heads.value_or(layout.decoder->embed_dim / 32),
        fitted.tensors);
  }
  if (is_folder) {
    return (options.format == "hf" ? WriteHuggingFace : WriteTimm)(
        options.output, layout.encoder, fitted.tensors);
  }
  if (IsPth(options.output)) return WritePth(options.output, fitted.tensors);
  std::map<std::string, std::string> metadata = std::move(weights.metadata);
  metadata[kEncoderMetadata] = EncoderMetadata(layout.encoder);
  metadata["format"] = "pt";
  return WriteSafetensors(options.output,
                          {fitted.tensors, std::move(metadata)});
}

}  // namespace caldera::vit
