// Checks that the input of a masked autoencoder's encoder fits the other
// components.
//
//   if (SeesEveryPatch(spec)) { ... }  // latents of all patches, image order
//   absl::Status status =
//       CheckMaeInput(spec, encoder, decoder, corruption, request);
#ifndef CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_
#define CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_

#include "absl/status/status.h"
#include "ssl/corruption/corruption.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/terms/step_context.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Returns true if the encoder reads all patches of an image: some are corrupted
// or excluded from the keys and values, but none is removed.
bool SeesEveryPatch(const MaeSpec& spec);

// Expects components that are each valid by themselves. decoder, corruption:
// those that the spec names; a null corruption: none. Returns InvalidArgument,
// whose text begins with the field's path in MaeSpec, if a component needs
// removed patches and none is removed, if the input gives the target away, or
// if a loss has nothing to count.
absl::Status CheckMaeInput(const MaeSpec& spec, const vit::EncoderSpec& encoder,
                           const vit::DecoderPlan& decoder,
                           const Corruption* corruption,
                           const ContextRequest& request);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_
