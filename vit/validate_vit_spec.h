// Checks the sizes of classifiers, and what the widths of all transformers have
// in common: a spec is valid where its model can be built. An encoder is
// checked by vit/model/validate_encoder.h, a decoder by its plan
// (vit/decoders/decoder_plan.h).
//
//   absl::Status status = vit::Validate(spec.classifier(), spec.encoder());
//   // InvalidArgument: "num_classes: 0 is not in [1, 1048576]"
//
// An error begins with the field's path relative to the message; the caller
// puts the path of the message, file and line in front (base/field_path.h).
#ifndef CALDERA_VIT_VALIDATE_VIT_SPEC_H_
#define CALDERA_VIT_VALIDATE_VIT_SPEC_H_

#include "absl/status/status.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// `encoder`: the encoder whose tokens the classifier reads.
absl::Status Validate(const ClassifierSpec& spec, const EncoderSpec& encoder);

// Checks what the widths of an encoder or of a decoder must be to each other;
// each is in its own range.
absl::Status ValidateWidths(int embed_dim, int num_heads, double mlp_ratio);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_VALIDATE_VIT_SPEC_H_
