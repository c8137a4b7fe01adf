// MAE's decoder (He et al., CVPR 2022).
#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/transformer_decoder.h"

namespace caldera::vit {
namespace {

const bool kTransformer = RegisterDecoder<TransformerPlan>(
    {"transformer", "Self-attention over visible and mask tokens (MAE)."});

}  // namespace
}  // namespace caldera::vit
