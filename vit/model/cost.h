// Computes the work and the memory of a pass through a model from its sizes
// alone; vit/cost.h says what is counted.
//
//   const Cost encoder = EncoderCost(spec, /*num_visible=*/49);
//   const Cost decoder = DecoderCost(decoder_spec, sizes, 49);
//   const Cost step = (encoder + decoder) * batch_size;
//   step.forward_flop + step.backward_flop;
#ifndef CALDERA_VIT_MODEL_COST_H_
#define CALDERA_VIT_MODEL_COST_H_

#include <cstdint>
#include <optional>

#include "vit/cost.h"
#include "vit/decoders/decoder.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// Returns the cost of the encoder on one image with `num_visible` visible
// patches. `spec` must have its sizes (ResolveModel). num_context: the number
// of visible patches that are keys and values (EncoderRequest::ids_context);
// none: all.
Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context = std::nullopt);

// Returns the cost of the decoder that MakeDecoder builds, on the latents of
// one image. Where these are the latents of every patch, `num_visible` is the
// number of patches.
Cost DecoderCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                 int64_t num_visible);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_COST_H_
