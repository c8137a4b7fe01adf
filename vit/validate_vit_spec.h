// Checks the sizes of encoders and classifiers: a spec is valid where its model
// can be built. A decoder's are checked by its plan
// (vit/decoders/decoder_plan.h).
//
//   absl::Status status = vit::Validate(spec.encoder());
//   // InvalidArgument: "patch_size: 5 does not divide image_size 28"
//
// An error begins with the field's path relative to the message; the caller
// puts the path of the message, file and line in front (base/field_path.h).
#ifndef CALDERA_VIT_VALIDATE_VIT_SPEC_H_
#define CALDERA_VIT_VALIDATE_VIT_SPEC_H_

#include "absl/status/status.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

absl::Status Validate(const EncoderSpec& spec);
// `encoder`: the encoder whose tokens the classifier reads.
absl::Status Validate(const ClassifierSpec& spec, const EncoderSpec& encoder);

// Checks what the widths of an encoder or of a decoder must be to each other;
// each is in its own range.
absl::Status ValidateWidths(int embed_dim, int num_heads, double mlp_ratio);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_VALIDATE_VIT_SPEC_H_
