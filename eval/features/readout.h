// A readout names the blocks and the tokens that represent an image.
//
//   auto readouts = ReadoutsOf(spec, encoder.spec());
//   std::vector<at::Tensor> features =
//       ReadFeatures(encoder, images, *readouts);  // each [B, blocks * D]
//
// All of them come from one forward pass.
//
// Caveat: blocks count from 0, as everywhere; the paper's figures count from 1.
#ifndef CALDERA_EVAL_FEATURES_READOUT_H_
#define CALDERA_EVAL_FEATURES_READOUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/spec/eval.pb.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

struct Readout {
  std::string feature = "mean";  // of tokens/token_feature.h
  // The blocks whose outputs are read; their features are joined in this order.
  std::vector<int64_t> blocks = {0};
  bool final_norm = true;  // the encoder's norm on each block's tokens first
  // Reads the patch tokens of the one block one by one, in place of `feature`.
  bool all_patches = false;
};

// Returns the readouts that `spec` names for an encoder of these sizes, at
// least one. Errors: InvalidArgument "readout[i].block: ...", "feature: ..."
// for a block, a class token or a norm that the encoder does not have.
absl::StatusOr<std::vector<Readout>> ReadoutsOf(
    const EvalSpec& spec, const vit::EncoderSpec& encoder);

// Returns the numbers of a readout's feature: those of the feature of a token's
// width, for each of its blocks.
int64_t WidthOf(const Readout& readout, const vit::EncoderSpec& encoder);

// images: [B, C, H, W], normalised; all patches are visible. Returns one [B,
// WidthOf] for each readout ([B, N, D] for all patches), in the encoder's
// dtype. CHECK: the encoder has the readouts.
std::vector<at::Tensor> ReadFeatures(const vit::Encoder& encoder,
                                     const at::Tensor& images,
                                     const std::vector<Readout>& readouts);

// Returns the readouts of the patch tokens behind `readouts`, each block and
// norm once.
std::vector<Readout> AllPatchesOf(const std::vector<Readout>& readouts);

// Returns the setting of a result row: {"feature": "mean", "block": 11, "norm":
// true, "masking": "none"}; the feature of all patches is "patches", several
// blocks are a list.
nlohmann::json SettingOf(const Readout& readout);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_READOUT_H_
