// Makes the masked autoencoder that a spec describes, in two steps: its
// components are made and checked, which allocates no model; then it is built.
//
//   ASSIGN_OR_RETURN(MaeComponents components,
//                    MakeMaeComponents(spec.mae(), encoder, request, seed));
//   ASSIGN_OR_RETURN(auto mae,
//                    BuildMaskedAutoencoder(std::move(components), encoder,
//                                           request, seed));
#ifndef CALDERA_SSL_MAE_MAKE_MASKED_AUTOENCODER_H_
#define CALDERA_SSL_MAE_MAKE_MASKED_AUTOENCODER_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/mae/mae_components.h"
#include "ssl/mae/masked_autoencoder.h"
#include "ssl/targets/target.h"
#include "ssl/terms/step_context.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Returns the components of `spec`, without encoder, decoder and teacher.
// encoder: a valid one. request: the tensors that auxiliary losses will read.
// seed: initialises the components' weights. Returns InvalidArgument (NotFound
// for a teacher's file), whose text begins with the field's path in MaeSpec, if
// a component is invalid or does not fit the others.
absl::StatusOr<MaeComponents> MakeMaeComponents(const MaeSpec& spec,
                                                const vit::EncoderSpec& encoder,
                                                const ContextRequest& request,
                                                uint64_t seed);

// Builds encoder, decoder and teacher, initialised from `seed` as the official
// code does, and the method: a CorruptedAutoencoder where there is a
// corruption, a SiameseAutoencoder for two views. Returns the errors of the
// teacher's file.
absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> BuildMaskedAutoencoder(
    MaeComponents components, const vit::EncoderSpec& encoder,
    ContextRequest request, uint64_t seed);

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

#endif  // CALDERA_SSL_MAE_MAKE_MASKED_AUTOENCODER_H_
