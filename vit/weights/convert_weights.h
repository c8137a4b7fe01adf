// Converts one weights file into another, and reports what became of every
// tensor.
//
//   vit::ConvertOptions options;
//   options.input = "mae_pretrain_vit_base.pth";
//   options.output = "base.safetensors";
//   std::string report;
//   absl::Status status = vit::ConvertWeights(options, &report);
//
// The output has the names of the official MAE classes and of timm. It holds
// the encoder, and the decoder, fc_norm and head where the input has them.
#ifndef CALDERA_VIT_WEIGHTS_CONVERT_WEIGHTS_H_
#define CALDERA_VIT_WEIGHTS_CONVERT_WEIGHTS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace caldera::vit {

struct ConvertOptions {
  std::string input;              // any path that LoadWeights reads
  std::string output;             // .safetensors, .pth or .pt; or a folder
  std::string format;             // of a folder: "hf", "timm"; "": a file
  std::optional<int> image_size;  // position embeddings are interpolated to it
  std::optional<int> num_heads;   // overrides the file and the rule of widths
  // Fields of EncoderSpec that no tensor shows: "activation: QUICK_GELU".
  std::string encoder;
  std::optional<int> decoder_num_heads;  // for hf_mae; else a head for 32 dims
  std::string key;  // chooses among several ViTs (names/choose_vit.h)
  bool allow_partial = false;  // writes although names are missing or left
};

// Writes options.output. `report` is filled as soon as the input has been
// understood, also where nothing is written. Errors: those of LoadWeights,
// InferLayout and the writers; InvalidArgument for another suffix or a size
// that the patches do not divide; FailedPrecondition where names are missing,
// left over or of another shape, and allow_partial is not set.
absl::Status ConvertWeights(const ConvertOptions& options, std::string* report);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_CONVERT_WEIGHTS_H_
