// What the encoder of a masked autoencoder sees, held against the other parts.
//
//   if (SeesEveryPatch(spec)) ...  // latents of all patches, in image order
//   absl::Status status = CheckMaeInput(spec, encoder, corruption,
//                                       request);
#ifndef CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_
#define CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_

#include "absl/status/status.h"
#include "ssl/corruption/corruption.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/terms/step_context.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Whether the encoder sees all patches of an image, some of them spoilt or left
// out of the keys and values, and none is removed.
bool SeesEveryPatch(const MaeSpec& spec);

// Whether a second view is masked and decoded from the first one, whole.
bool ReadsTwoViews(const MaeSpec& spec);

// corruption: the one that the spec names, else null. InvalidArgument whose
// text begins with the field's path in MaeSpec, where a part asks for removed
// patches and none is, where a target gives itself away, or where a loss has
// nothing to count. Each part is valid by itself.
absl::Status CheckMaeInput(const MaeSpec& spec, const vit::EncoderSpec& encoder,
                           const Corruption* corruption,
                           const ContextRequest& request);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_CHECK_MAE_INPUT_H_
