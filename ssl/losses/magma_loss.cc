#include "ssl/losses/magma_loss.h"

#include <utility>

namespace caldera::ssl {

MagmaLoss::MagmaLoss(magma::Regularizer regularizer)
    : regularizer_(std::move(regularizer)) {}

ContextRequest MagmaLoss::request() const {
  ContextRequest request;
  request.taps.insert(regularizer_.blocks().begin(),
                      regularizer_.blocks().end());
  return request;
}

AuxiliaryOutput MagmaLoss::Compute(const StepContext& context,
                                   bool with_diagnostics) {
  magma::RegularizerDiagnostics seen;
  AuxiliaryOutput out;
  out.value =
      regularizer_.Loss([&](int64_t block) { return context.taps.at(block); },
                        with_diagnostics ? &seen : nullptr);
  if (with_diagnostics) {
    out.diagnostics = regularizer_.Read(seen);
    out.distributions = magma::ReadDegrees(seen);
  }
  return out;
}

}  // namespace caldera::ssl
