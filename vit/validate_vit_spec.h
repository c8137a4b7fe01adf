// Refuses sizes of which no transformer can be built.
//
//   absl::Status status = vit::Validate(spec.encoder());
//   // InvalidArgument: "patch_size: 5 does not divide image_size 28"
//
// The text begins with the field's path relative to the message; whoever
// composes specs puts its own path, file and line in front.
#ifndef CALDERA_VIT_VALIDATE_VIT_SPEC_H_
#define CALDERA_VIT_VALIDATE_VIT_SPEC_H_

#include "absl/status/status.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

absl::Status Validate(const EncoderSpec& spec);
absl::Status Validate(const DecoderSpec& spec);
// `encoder`: the encoder that the classifier reads.
absl::Status Validate(const ClassifierSpec& spec, const EncoderSpec& encoder);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_VALIDATE_VIT_SPEC_H_
