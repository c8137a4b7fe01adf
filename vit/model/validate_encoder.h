// Checks the sizes of an encoder and the options of its blocks: a spec is valid
// where its model can be built.
//
//   absl::Status status = vit::Validate(spec.encoder());
//   // InvalidArgument: "patch_size: 5 does not divide image_size 28"
//
// An error begins with the field's path relative to the message; the caller
// puts the path of the message, file and line in front (base/field_path.h).
#ifndef CALDERA_VIT_MODEL_VALIDATE_ENCODER_H_
#define CALDERA_VIT_MODEL_VALIDATE_ENCODER_H_

#include "absl/status/status.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

absl::Status Validate(const EncoderSpec& spec);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_VALIDATE_ENCODER_H_
