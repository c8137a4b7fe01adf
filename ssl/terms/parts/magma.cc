// MAGMA's regularizer as a term of any method: M-X is X plus this term.
#include <memory>
#include <string>
#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "magma/exchange.h"
#include "magma/regularizer.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

class MagmaLoss : public AuxiliaryLoss {
 public:
  // Returns the errors of Regularizer::Create.
  static AuxiliaryLossPart::Result Create(const AuxiliaryLossSpec& spec,
                                          const ModelSizes& sizes) {
    const int64_t depth = sizes.encoder.depth();
    ASSIGN_OR_RETURN(auto regularizer,
                     magma::Regularizer::Create(spec.magma(), depth));
    return std::make_unique<MagmaLoss>(spec, depth, std::move(regularizer));
  }
  MagmaLoss(const AuxiliaryLossSpec& spec, int64_t depth,
            magma::Regularizer regularizer)
      : spec_(spec), depth_(depth), regularizer_(std::move(regularizer)) {}

  std::string name() const override { return "magma"; }
  bool reads_feature() const override { return true; }
  ContextRequest request() const override;
  void Build(uint64_t /*seed*/, const magma::Exchange& exchange) override {
    // Create has shown that this cannot fail.
    regularizer_ = *magma::Regularizer::Create(spec_.magma(), depth_, exchange);
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  bool reads_cls() const { return spec_.feature() == eval::EvalSpec::CLS; }

  AuxiliaryLossSpec spec_;
  int64_t depth_;
  magma::Regularizer regularizer_;
};

ContextRequest MagmaLoss::request() const {
  ContextRequest request;
  auto& taps = reads_cls() ? request.cls_taps : request.taps;
  taps.insert(regularizer_.blocks().begin(), regularizer_.blocks().end());
  return request;
}

AuxiliaryOutput MagmaLoss::Compute(const StepContext& context,
                                   bool with_diagnostics) {
  magma::RegularizerDiagnostics diagnostics;
  AuxiliaryOutput out;
  const auto& taps = reads_cls() ? context.cls_taps : context.taps;
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

const bool kMagma = AuxiliaryLossPart::Register<AuxiliaryLossSpec>(
    {"magma", "The manifold regularizer (MAGMA)."},
    [](const AuxiliaryLossSpec& spec, const ModelSizes& sizes) {
      return base::Within("magma", MagmaLoss::Create(spec, sizes));
    });

}  // namespace
}  // namespace caldera::ssl
