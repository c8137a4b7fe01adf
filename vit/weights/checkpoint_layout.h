// Infers the model of a state dict from its names and shapes, and lists the
// names and shapes that a model has.
//
//   absl::StatusOr<vit::CheckpointLayout> layout =
//       vit::InferLayout(weights->tensors, weights->metadata, {}, "x.pth");
//   layout->encoder.depth();  // 12
//   for (const auto& [name, shape] : vit::LayoutShapes(*layout)) ...
//
// The names are those of the official MAE classes and of timm. The
// shapes are those of modules without storage (vit/parameter.h): nothing of the
// model's size is allocated.
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
  int64_t num_classes = 0;  // outputs of the linear `head`; 0 without one

  // Assumptions where the shapes leave something open: "num_heads: 3, ...".
  std::vector<std::string> assumptions;
};

// Infers the layout. The encoder's sizes come from the metadata
// "caldera.encoder" where a run has written them, else from the shapes. No
// shape depends on the number of heads: it is `num_heads`, else follows the
// published rule of 64 dims a head (80 at width 1280), which becomes an
// assumption. Nor does any shape depend on the norms' epsilon: it is
// `norm_eps`, else what published models of the kind have. Errors:
// InvalidArgument that begins with `source`, for tensors that are no ViT or one
// that Validate refuses, and for a width that the rule does not cover.
absl::StatusOr<CheckpointLayout> InferLayout(
    const StateDict& tensors,
    const std::map<std::string, std::string>& metadata,
    std::optional<int> num_heads, const std::string& source,
    std::optional<double> norm_eps = {});

// Returns the shapes of an encoder with the sizes of `spec`.
TensorShapes EncoderShapes(const EncoderSpec& spec);

// Returns the shapes of encoder, decoder, fc_norm and head.
TensorShapes LayoutShapes(const CheckpointLayout& layout);

// Returns the sizes as text for a file's metadata. Each field is set, so that
// the text keeps its meaning when a default changes. Fields that act in
// training only are omitted.
inline constexpr char kEncoderMetadata[] = "caldera.encoder";
std::string EncoderMetadata(const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_CHECKPOINT_LAYOUT_H_
