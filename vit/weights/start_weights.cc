#include "vit/weights/start_weights.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/fit_weights.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {
namespace {

// No shape depends on the number of heads, but the wrong number makes the
// weights meaningless.
absl::Status CheckHeads(const Weights& weights, const EncoderSpec& spec) {
  std::optional<int> heads = weights.num_heads;
  if (weights.metadata.count(kEncoderMetadata) > 0) {
    ASSIGN_OR_RETURN(
        const CheckpointLayout layout,
        InferLayout(weights.tensors, weights.metadata, {}, weights.path));
    heads = layout.encoder.num_heads();
  }
  if (!heads.has_value() || *heads == spec.num_heads()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(weights.path, " was trained with ", *heads,
                   " attention heads, the model has ", spec.num_heads()));
}

std::string Counted(absl::string_view kind,
                    const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  const size_t shown = std::min(names.size(), kShown);
  std::string text = absl::StrCat(names.size(), " ", kind);
  if (shown == 0) return text;
  absl::StrAppend(&text, " (",
                  absl::StrJoin(names.begin(), names.begin() + shown, ", "),
                  shown < names.size() ? ", ..." : "", ")");
  return text;
}

// Fits the tensors of `weights` that have a name of `wanted` to a decoder. The
// class token is not the decoder's, but tells whether its positions have a row
// for it.
FittedWeights FitDecoder(const StateDict& weights, TensorShapes wanted) {
  constexpr char kToken[] = "cls_token";
  StateDict own;
  for (const auto& [name, unused] : wanted) {
    const auto found = weights.find(name);
    if (found != weights.end()) own.insert(*found);
  }
  const auto token = weights.find(kToken);
  if (token != weights.end()) {
    own.insert(*token);
    wanted[kToken] = token->second.sizes().vec();
  }
  FittedWeights fitted = FitWeights(own, wanted);
  fitted.tensors.erase(kToken);
  std::vector<std::string>& taken = fitted.report.taken;
  taken.erase(std::remove(taken.begin(), taken.end(), kToken), taken.end());
  return fitted;
}

void Report(const FitReport& fit, StartReport* report) {
  report->taken.insert(report->taken.end(), fit.taken.begin(), fit.taken.end());
  report->resampled.insert(report->resampled.end(), fit.interpolated.begin(),
                           fit.interpolated.end());
}

// Returns why `fit` is no whole model, or "".
std::string WhyNotWhole(const FitReport& fit) {
  if (!fit.missing.empty()) {
    return absl::StrCat("the file lacks \"", fit.missing.front(), "\"");
  }
  return fit.mismatched.empty() ? "" : fit.mismatched.front();
}

// Takes the decoder from `weights`, whole or not at all: half a decoder would
// be worse than a new one.
void TakeDecoder(const Weights& weights, const StartRequest& request,
                 StartWeights* start) {
  StartReport& report = start->report;
  if (weights.tensors.count("decoder_embed.weight") == 0) {
    report.notes.push_back("the file has no decoder of MAE: it begins anew");
  } else {
    FittedWeights fitted = FitDecoder(weights.tensors, request.decoder);
    const std::string why = WhyNotWhole(fitted.report);
    if (why.empty()) {
      Report(fitted.report, &report);
      report.decoder_file = weights.path;
      start->decoder = std::move(fitted.tensors);
      return;
    }
    report.notes.push_back(absl::StrCat(
        "the file's decoder does not fit, so that it begins anew: ", why));
  }
  for (const auto& [name, unused] : request.decoder) {
    report.missing.push_back(name);
  }
}

}  // namespace

std::string StartReport::Text() const {
  std::vector<std::string> resampled_names;
  for (const auto& [name, how] : resampled) {
    resampled_names.push_back(absl::StrCat(name, " ", how));
  }
  std::string text = absl::StrCat(
      "starting from ", file,
      place.empty() ? "" : absl::StrCat(", its ", place), ": ", taken.size(),
      " taken, ", Counted("renamed", renamed), ", ",
      Counted("resampled", resampled_names), ", ", Counted("missing", missing),
      ", ", Counted("left over", left_over), "\n");
  if (!decoder_file.empty() && decoder_file != file) {
    absl::StrAppend(&text, "start: the decoder is that of ", decoder_file,
                    "\n");
  }
  for (const std::string& note : notes) {
    absl::StrAppend(&text, "start: ", note, "\n");
  }
  return text;
}

absl::StatusOr<StartWeights> OpenStart(const StartRequest& request) {
  ASSIGN_OR_RETURN(Weights weights, LoadWeights(request.path, request.key));
  RETURN_IF_ERROR(CheckHeads(weights, request.encoder));
  StateDict tensors = weights.tensors;
  std::vector<std::string> unused;
  if (!request.encoder.final_norm()) {
    for (const char* name : {"norm.weight", "norm.bias"}) {
      if (tensors.erase(name) > 0) unused.push_back(name);
    }
  }
  if (request.encoder.position_embedding() == EncoderSpec::NONE &&
      tensors.erase("pos_embed") > 0) {
    unused.push_back("pos_embed");
    weights.notes.push_back(
        "the model has no position embedding; the file's is left out");
  }
  FittedWeights fitted = FitWeights(tensors, EncoderShapes(request.encoder));
  RETURN_IF_ERROR(CheckWhole(fitted.report, weights));
  StartWeights start;
  start.encoder = std::move(fitted.tensors);
  StartReport& report = start.report;
  report.file = weights.path;
  report.place = weights.container.empty()
                     ? weights.prefix
                     : absl::StrCat(weights.container, ".", weights.prefix);
  if (absl::EndsWith(report.place, ".")) report.place.pop_back();
  report.renamed = weights.renamed;
  report.notes = weights.notes;
  Report(fitted.report, &report);
  if (!request.decoder_path.empty() && !request.decoder.empty()) {
    const absl::StatusOr<Weights> other = LoadWeights(request.decoder_path);
    if (!other.ok()) {
      return absl::Status(other.status().code(),
                          absl::StrCat("decoder: ", other.status().message()));
    }
    FittedWeights decoder = FitDecoder(other->tensors, request.decoder);
    const std::string why = WhyNotWhole(decoder.report);
    if (!why.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("decoder: ", other->path, ": ", why));
    }
    Report(decoder.report, &report);
    report.decoder_file = other->path;
    start.decoder = std::move(decoder.tensors);
  } else if (!request.decoder.empty()) {
    TakeDecoder(weights, request, &start);
  }
  for (const std::string& name : fitted.report.left_over) {
    const bool taken =
        report.decoder_file == report.file && start.decoder.count(name) > 0;
    if (!taken) report.left_over.push_back(name);
  }
  report.left_over.insert(report.left_over.end(), unused.begin(), unused.end());
  return start;
}

}  // namespace caldera::vit
