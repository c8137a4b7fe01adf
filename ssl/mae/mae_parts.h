#ifndef CALDERA_SSL_MAE_MAE_PARTS_H_
#define CALDERA_SSL_MAE_MAE_PARTS_H_

// The parts of a masked autoencoder, held against each other.
//
//   absl::StatusOr<MaeParts> parts = MakeMaeParts(spec, encoder, request,
//   seed); Mask mask = parts->masking->Sample(...);

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ssl/corruption/corruption.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/losses/reconstruction_loss.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/targets/target.h"
#include "ssl/terms/step_context.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct MaeParts {
  std::unique_ptr<MaskSampler> masking;    // not asked where images are spoilt
  std::unique_ptr<Corruption> corruption;  // null: images are as they are
  std::unique_ptr<Target> target;
  std::unique_ptr<ReconstructionLoss> loss;
  std::unique_ptr<PatchScorer> scorer;  // null: masks read no scores
};

// encoder: a valid one. request: what auxiliary losses will read. seed: of the
// weights that a part has. Errors:
// InvalidArgument (NotFound for a teacher's file) whose text begins with the
// field's path in MaeSpec, where a part has no meaning or does not fit the
// others.
absl::StatusOr<MaeParts> MakeMaeParts(const MaeSpec& spec,
                                      const vit::EncoderSpec& encoder,
                                      const ContextRequest& request,
                                      uint64_t seed);

// The sizes of the teacher's encoder; none where the spec names no teacher. The
// same errors.
absl::StatusOr<std::optional<vit::EncoderSpec>> MaeTeacher(
    const MaeSpec& spec, const vit::EncoderSpec& encoder);

// The target, for a method with that teacher. The same errors.
absl::StatusOr<std::unique_ptr<Target>> MaeTarget(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    const std::optional<vit::EncoderSpec>& teacher);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MAE_PARTS_H_
