#ifndef CALDERA_SSL_LOSSES_MODEL_SIZES_H_
#define CALDERA_SSL_LOSSES_MODEL_SIZES_H_

// The models that auxiliary losses are built for.
//
//   auto loss = MakeAuxiliaryLoss(spec, {experiment.encoder(), std::nullopt});

#include <cstdint>
#include <optional>

#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ModelSizes {
  vit::EncoderSpec encoder;
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
  // K masks of an image that the method predicts the patches behind; 0: it
  // predicts none.
  int64_t num_masks = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MODEL_SIZES_H_
