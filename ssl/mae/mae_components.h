// Builds the components of a masked autoencoder and checks that they fit
// together.
//
//   absl::StatusOr<MaeComponents> components =
//       MakeMaeComponents(spec, encoder, request, seed);
//   int64_t masks = components->masking->num_masks();  // per image
#ifndef CALDERA_SSL_MAE_MAE_COMPONENTS_H_
#define CALDERA_SSL_MAE_MAE_COMPONENTS_H_

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
#include "vit/decoders/decoder_plan.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct MaeComponents {
  std::unique_ptr<vit::DecoderPlan> decoder;
  std::unique_ptr<MaskSampler> masking;    // unused if there is a corruption
  std::unique_ptr<Corruption> corruption;  // null: images stay unchanged
  std::unique_ptr<Target> target;
  std::unique_ptr<ReconstructionLoss> loss;
  std::unique_ptr<PatchScorer> scorer;  // null: masks read no scores
};

// Builds the components of `spec`. encoder: a valid one. request: the tensors
// that auxiliary losses will read. seed: initialises the components' weights.
// Returns InvalidArgument (NotFound for a teacher's file), whose text begins
// with the field's path in MaeSpec, if a component is invalid or does not fit
// the others.
absl::StatusOr<MaeComponents> MakeMaeComponents(const MaeSpec& spec,
                                                const vit::EncoderSpec& encoder,
                                                const ContextRequest& request,
                                                uint64_t seed);

// Returns the sizes of the teacher's encoder, or none if the spec names no
// teacher. Returns the errors of MakeMaeComponents.
absl::StatusOr<std::optional<vit::EncoderSpec>> MaeTeacher(
    const MaeSpec& spec, const vit::EncoderSpec& encoder);

// Returns the target for a method with that teacher. Returns the errors of
// MakeMaeComponents.
absl::StatusOr<std::unique_ptr<Target>> MaeTarget(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    const std::optional<vit::EncoderSpec>& teacher);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_MAE_COMPONENTS_H_
