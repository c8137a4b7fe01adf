// LDReg's term, as a part of any method: minus the mean logarithm of the local
// intrinsic dimensions of the whole batch.
//
//   auto loss = LdRegLoss::Create(spec.ldreg());
//   AuxiliaryOutput out = (*loss)->Compute(context, true);
//   out.diagnostics;  // {{"dimension", 17.3}}: the geometric mean
//
// Source: Huang, Campello, Erfani, Ma, Houle, Bailey, LDReg: Local
// Dimensionality Regularized Self-Supervised Learning, ICLR 2024.
// Its code takes the absolute value of each logarithm, which rewards collapse
// below dimension 1; here the term always asks for more.
#ifndef CALDERA_SSL_TERMS_LDREG_LOSS_H_
#define CALDERA_SSL_TERMS_LDREG_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

// The local intrinsic dimension of each sample, from the distances to its
// nearest neighbours in the batch.
//
//   at::Tensor log_lid = LogLocalDimension(features, 64, true);  // [B]
//   loss = loss - 0.01 * log_lid.mean();                         // LDReg
//
// With m the mean distance of the first k - 1 neighbours and w that of the
// k-th, the dimension is m / (w - m): what lies within w of a d-dimensional
// sample is at d / (d + 1) w on average.
//
// Distances below a thousandth of the batch's spread are that thousandth, so
// that copies are finite: a sample among k copies of itself has dimension 1,
// and no gradient.
//
// features [B, D] -> [B], the logarithms of the estimates, in float32 at least.
// neighbors: k, at least 2; B - 1 where the batch has fewer. Fewer than three
// samples have dimension 1. detach_neighbors: a sample's estimate has no
// gradient to its neighbours. Waits for no device.
// Source: the method of moments of Amsaleg et al., KDD 2015, as HanxunH/LDReg
// has it, lid.py, lid_mom_est.
at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors);

class LdRegLoss : public AuxiliaryLoss {
 public:
  // Errors: InvalidArgument whose text begins with the field's path in
  // LdRegSpec.
  static absl::StatusOr<std::unique_ptr<LdRegLoss>> Create(
      const LdRegSpec& spec);

  std::string name() const override { return "ldreg"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  explicit LdRegLoss(const LdRegSpec& spec) : spec_(spec) {}

  LdRegSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_LDREG_LOSS_H_
