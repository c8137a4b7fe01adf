// Which model a state dict is of, from its names and shapes, and which names
// and shapes that model has.
//
//   absl::StatusOr<vit::CheckpointLayout> layout =
//       vit::InferLayout(weights->tensors, weights->metadata, {}, "x.pth");
//   layout->encoder.depth();  // 12
//   for (const auto& [name, shape] : vit::LayoutShapes(*layout)) ...
//
// Names are those of the official MAE classes and of timm. Free of modules:
// nothing of the model's size is allocated.
#ifndef CALDERA_VIT_WEIGHTS_CHECKPOINT_LAYOUT_H_
#define CALDERA_VIT_WEIGHTS_CHECKPOINT_LAYOUT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "vit/state_dict.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

using TensorShapes = std::map<std::string, std::vector<int64_t>>;

struct CheckpointLayout {
  EncoderSpec encoder;  // Validate accepts it

  // MAE's transformer decoder, in a pretraining checkpoint.
  struct Decoder {
    int64_t embed_dim, depth, hidden_dim, target_dim;
    bool qkv_bias;
  };
  std::optional<Decoder> decoder;

  bool fc_norm = false;     // the norm after mean pooling
  int64_t num_classes = 0;  // of the linear `head`; 0 without one

  // What shapes cannot say, in words: "num_heads: 3, ...".
  std::vector<std::string> assumptions;
};

// The encoder's sizes come from the metadata "caldera.encoder" where a run has
// written them, else from the shapes. Heads are no shape: `num_heads`, else the
// published rule of 64 dims a head (80 at width 1280), which is an assumption.
// Errors: InvalidArgument that begins with `source`, for tensors of no ViT, of
// one that Validate refuses, and for a width that the rule does not know.
absl::StatusOr<CheckpointLayout> InferLayout(
    const StateDict& tensors,
    const std::map<std::string, std::string>& metadata,
    std::optional<int> num_heads, const std::string& source);

TensorShapes EncoderShapes(const EncoderSpec& spec);

// Encoder, decoder, fc_norm and head.
TensorShapes LayoutShapes(const CheckpointLayout& layout);

// The sizes as text for a file's metadata, each field set, so that the text
// keeps its meaning when a default changes. What acts in training only is left
// out.
inline constexpr char kEncoderMetadata[] = "caldera.encoder";
std::string EncoderMetadata(const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_CHECKPOINT_LAYOUT_H_
