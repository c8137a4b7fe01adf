// From a spec to the reconstruction loss that it names.
//
//   auto loss = MakeReconstructionLoss(spec.mae().loss(), spec.encoder());
#ifndef CALDERA_SSL_LOSSES_MAKE_RECONSTRUCTION_LOSS_H_
#define CALDERA_SSL_LOSSES_MAKE_RECONSTRUCTION_LOSS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ssl/custom/custom_part.h"
#include "ssl/losses/reconstruction.pb.h"
#include "ssl/losses/reconstruction_loss.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// A loss of ssl/variants: for the sizes of patches.
using CustomReconstructionLoss =
    CustomPart<ReconstructionLoss, vit::EncoderSpec>;

// encoder: gives the sizes of patches. Errors: InvalidArgument whose text
// begins with the field's path.
absl::StatusOr<std::unique_ptr<ReconstructionLoss>> MakeReconstructionLoss(
    const ReconstructionLossSpec& spec, const vit::EncoderSpec& encoder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MAKE_RECONSTRUCTION_LOSS_H_
