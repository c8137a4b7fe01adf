#ifndef CALDERA_SSL_LOSSES_MODEL_SIZES_H_
#define CALDERA_SSL_LOSSES_MODEL_SIZES_H_

// The encoders that auxiliary losses are built for.
//
//   auto loss = MakeAuxiliaryLoss(spec, {experiment.encoder(), std::nullopt});

#include <optional>

#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ModelSizes {
  vit::EncoderSpec encoder;
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MODEL_SIZES_H_
