// The models that auxiliary losses are built for.
//
//   auto loss = MakeAuxiliaryLoss(spec, {experiment.encoder(), std::nullopt});
#ifndef CALDERA_SSL_TERMS_MODEL_SIZES_H_
#define CALDERA_SSL_TERMS_MODEL_SIZES_H_

#include <cstdint>
#include <optional>

#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ModelSizes {
  vit::EncoderSpec encoder;
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
  // What the teacher looks at, and whether it moves (an average of the
  // student).
  enum class TeacherInput { kVisible, kWhole, kMasked };
  TeacherInput teacher_input = TeacherInput::kVisible;
  bool teacher_is_ema = false;
  // K masks of an image that the method predicts the patches behind; 0: it
  // predicts none.
  int64_t num_masks = 0;
  // Numbers that are predicted for a patch, or how many ids there are to choose
  // from.
  int64_t target_dim = 0;
  bool target_is_ids = false;
  // Whether the decoder predicts the removed patches' latents.
  bool decoder_has_latents = false;
  // Images that are computed together: a batch, or a part of one where
  // gradients are accumulated.
  int64_t images = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MODEL_SIZES_H_
