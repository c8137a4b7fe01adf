// Computes the work and the memory of a pass through the encoder from its sizes
// alone (vit/cost.h says what is counted). A decoder's plan tells its own
// (vit/decoders/decoder_plan.h).
//
//   const Cost encoder = EncoderCost(spec, /*num_visible=*/49);
//   const Cost step = (encoder + decoder->CostOf(sizes, 49)) * batch_size;
#ifndef CALDERA_VIT_MODEL_COST_H_
#define CALDERA_VIT_MODEL_COST_H_

#include <cstdint>
#include <optional>

#include "vit/cost.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// Returns the cost of the encoder on one image with `num_visible` visible
// patches. `spec` must have its sizes (ResolveModel). num_context: the number
// of visible patches that are keys and values (EncoderRequest::ids_context);
// none: all.
Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context = std::nullopt);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_COST_H_
