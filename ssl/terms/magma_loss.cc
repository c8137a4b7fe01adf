#include "ssl/terms/magma_loss.h"

#include <utility>

#include "vit/model/cost.h"

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
  magma::RegularizerDiagnostics diagnostics;
  AuxiliaryOutput out;
  const auto& taps =
      feature_ == eval::EvalSpec::CLS ? context.cls_taps : context.taps;
  out.value = regularizer_.Loss([&](int64_t block) { return taps.at(block); },
                                with_diagnostics ? &diagnostics : nullptr);
  if (with_diagnostics) {
    out.diagnostics = regularizer_.Read(diagnostics);
    out.distributions = magma::ReadDegrees(diagnostics);
  }
  return out;
}

vit::Cost MagmaLoss::CostOf(const ContextSizes& sizes,
                            bool with_gradient) const {
  const int64_t flop =
      regularizer_.Flop(sizes.rows, sizes.width, with_gradient);
  // Two gradients [B, D] are kept; up to four B x B buffers exist for a moment.
  return {flop, 0,
          with_gradient
              ? 4 * sizes.rows * sizes.rows + 2 * sizes.rows * sizes.width
              : 0};
}

}  // namespace caldera::ssl
