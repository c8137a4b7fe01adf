#ifndef CALDERA_SSL_LOSSES_MAKE_AUXILIARY_LOSS_H_
#define CALDERA_SSL_LOSSES_MAKE_AUXILIARY_LOSS_H_

// From a spec to the term that it names.
//
//   auto loss = MakeAuxiliaryLoss(spec.regularizer(), /*num_blocks=*/12);

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/losses/auxiliary.pb.h"
#include "ssl/losses/auxiliary_loss.h"

namespace caldera::ssl {

// num_blocks: depth of the encoder. Errors: those of Validate.
absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, int64_t num_blocks);

// InvalidArgument whose text begins with the field's path.
absl::Status Validate(const AuxiliaryLossSpec& spec, int64_t num_blocks);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_MAKE_AUXILIARY_LOSS_H_
