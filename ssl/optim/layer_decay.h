// Layer-wise learning-rate decay: when a pretrained encoder is fine-tuned, a
// layer learns the more slowly the nearer it is to the input.
//
//   LayerDecay("blocks.11.mlp.fc1.weight", /*depth=*/12, 0.65);  // 0.65
//   LayerDecay("head.weight", /*depth=*/12, 0.65);               // 1
#ifndef CALDERA_SSL_OPTIM_LAYER_DECAY_H_
#define CALDERA_SSL_OPTIM_LAYER_DECAY_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace caldera::ssl {

// Returns the layer of a parameter of an encoder of `depth` blocks, by its timm
// name: 0 for the parameters that make the tokens (cls_token, pos_embed,
// patch_embed.*), k + 1 for block k, depth + 1 for all others: final norms,
// heads, decoders, projectors. The name of the members that contain the
// encoder, "encoder." or "classifier.encoder.", may stand in front.
int64_t LayerNumber(absl::string_view name, int64_t depth);

// Returns decay^(depth + 1 - LayerNumber): the factor of the learning rate.
// Source: facebookresearch/mae, util/lr_decay.py (after BEiT).
double LayerDecay(absl::string_view name, int64_t depth, double decay);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_LAYER_DECAY_H_
