#include "ssl/losses/magma_loss.h"

#include <utility>

namespace caldera::ssl {

MagmaLoss::MagmaLoss(magma::Regularizer regularizer,
                     eval::EvalSpec::Feature feature)
    : regularizer_(std::move(regularizer)), feature_(feature) {}

ContextRequest MagmaLoss::request() const {
  ContextRequest request;
  auto& taps =
      feature_ == eval::EvalSpec::CLS ? request.cls_taps : request.taps;
  taps.insert(regularizer_.blocks().begin(), regularizer_.blocks().end());
  return request;
}

AuxiliaryOutput MagmaLoss::Compute(const StepContext& context,
                                   bool with_diagnostics) {
  magma::RegularizerDiagnostics seen;
  AuxiliaryOutput out;
  const auto& taps =
      feature_ == eval::EvalSpec::CLS ? context.cls_taps : context.taps;
  out.value = regularizer_.Loss([&](int64_t block) { return taps.at(block); },
                                with_diagnostics ? &seen : nullptr);
  if (with_diagnostics) {
    out.diagnostics = regularizer_.Read(seen);
    out.distributions = magma::ReadDegrees(seen);
  }
  return out;
}

}  // namespace caldera::ssl
