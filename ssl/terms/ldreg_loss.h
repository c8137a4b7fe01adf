// LDReg's term, for any method: minus the mean logarithm of the local intrinsic
// dimensions of the full batch.
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

// Returns the logarithm of the local intrinsic dimension of each sample, from
// the distances to its nearest neighbours in the batch.
//
//   at::Tensor log_lid = LogLocalDimension(features, 64, true);  // [B]
//   loss = loss - 0.01 * log_lid.mean();                         // LDReg
//
// With m the mean distance of the first k - 1 neighbours and w the distance of
// the k-th, the dimension is m / (w - m): the neighbours within w of a
// d-dimensional sample have a mean distance of d / (d + 1) w.
//
// Distances below a thousandth of the batch's spread are raised to that
// thousandth, so that copies are finite: a sample among k copies of itself has
// dimension 1 and no gradient.
//
// features: [B, D]; returns [B], in float32 at least, without waiting for the
// device. neighbors: k, at least 2, and reduced to B - 1 in smaller batches;
// fewer than three samples have dimension 1. detach_neighbors: a sample's
// estimate has no gradient with respect to its neighbours.
// Source: the method of moments of Amsaleg et al., KDD 2015, as implemented in
// HanxunH/LDReg, lid.py, lid_mom_est.
at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors);

class LdRegLoss : public AuxiliaryLoss {
 public:
  // Returns InvalidArgument, whose text begins with the field's path in
  // LdRegSpec, if an option is out of range.
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
