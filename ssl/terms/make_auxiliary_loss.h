// Makes the term that a spec names.
//
//   auto loss = MakeAuxiliaryLoss(spec.regularizer(), sizes, /*seed=*/0);
#ifndef CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_
#define CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "magma/exchange.h"
#include "ssl/custom/custom_part.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

// Registers a term of ssl/variants; its factory receives the sizes of the
// models and the seed of its parameters.
using CustomAuxiliaryLoss = CustomPart<AuxiliaryLoss, ModelSizes, uint64_t>;

// seed: initialises the term's own parameters. exchange: how MAGMA reads the
// batch of all processes. Returns InvalidArgument, whose text begins with the
// field's path, if the term is invalid or does not fit the method.
absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, const ModelSizes& sizes, uint64_t seed,
    const magma::Exchange& exchange = {});

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MAKE_AUXILIARY_LOSS_H_
