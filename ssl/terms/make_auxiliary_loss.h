// From a spec to the term that it names.
//
//   auto loss = MakeAuxiliaryLoss(spec.regularizer(), sizes, /*seed=*/0);
#ifndef CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_
#define CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "magma/exchange.h"
#include "ssl/custom/custom_part.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

// A term of ssl/variants: its sizes, and the seed of its parameters.
using CustomAuxiliaryLoss = CustomPart<AuxiliaryLoss, ModelSizes, uint64_t>;

// seed: of the parameters that a term has of its own. exchange: how MAGMA sees
// the batch of all processes. Errors: InvalidArgument whose text begins with
// the field's path.
absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, const ModelSizes& sizes, uint64_t seed,
    const magma::Exchange& exchange = {});

// The errors of MakeAuxiliaryLoss.
absl::Status Validate(const AuxiliaryLossSpec& spec, const ModelSizes& sizes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_
