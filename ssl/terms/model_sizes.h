// The sizes of the models that auxiliary losses are built for.
//
//   ModelSizes sizes;
//   sizes.encoder = experiment.encoder();
//   auto loss = MakeAuxiliaryLoss(spec, sizes);
#ifndef CALDERA_SSL_TERMS_MODEL_SIZES_H_
#define CALDERA_SSL_TERMS_MODEL_SIZES_H_

#include <cstdint>
#include <optional>

#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ModelSizes {
  vit::EncoderSpec encoder;
  std::optional<vit::EncoderSpec> teacher;  // none: the method has no teacher
  // The patches that the teacher reads, and whether it is a moving average of
  // the student.
  enum class TeacherInput { kVisible, kWhole, kMasked };
  TeacherInput teacher_input = TeacherInput::kVisible;
  bool teacher_is_ema = false;
  // Masks per image (K); 0 if the method does not predict masked patches.
  int64_t num_masks = 0;
  // Numbers predicted per patch, or the number of possible ids.
  int64_t target_dim = 0;
  bool target_is_ids = false;
  // True if the decoder predicts the removed patches' latents.
  bool decoder_has_latents = false;
  // The views whose features the method gives (StepContext::embeddings); 0 if
  // it gives none.
  int64_t views = 0;
  // Images that are computed together: a batch, or a microbatch if gradients
  // are accumulated.
  int64_t images = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MODEL_SIZES_H_
