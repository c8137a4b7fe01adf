// Makes the reconstruction loss that a spec names.
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

// Registers a loss of ssl/variants; its factory reads the sizes of patches.
using CustomReconstructionLoss =
    CustomPart<ReconstructionLoss, vit::EncoderSpec>;

// encoder: has the sizes of patches. Returns InvalidArgument, whose text begins
// with the field's path, if an option is out of range.
absl::StatusOr<std::unique_ptr<ReconstructionLoss>> MakeReconstructionLoss(
    const ReconstructionLossSpec& spec, const vit::EncoderSpec& encoder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MAKE_RECONSTRUCTION_LOSS_H_
