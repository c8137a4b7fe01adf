// Makes the corruption that a spec names.
//
//   auto corruption = MakeCorruption(spec.mae().corruption(), encoder);
#ifndef CALDERA_SSL_CORRUPTION_MAKE_CORRUPTION_H_
#define CALDERA_SSL_CORRUPTION_MAKE_CORRUPTION_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ssl/corruption/corruption.h"
#include "ssl/corruption/corruption.pb.h"
#include "ssl/custom/custom_part.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Registers a corruption of ssl/variants; its factory reads the sizes of images
// and patches.
using CustomCorruption = CustomPart<Corruption, vit::EncoderSpec>;

// encoder: has the sizes of images and patches. Returns InvalidArgument, whose
// text begins with the field's path in CorruptionSpec, or with "kind" if it
// names none.
absl::StatusOr<std::unique_ptr<Corruption>> MakeCorruption(
    const CorruptionSpec& spec, const vit::EncoderSpec& encoder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_MAKE_CORRUPTION_H_
