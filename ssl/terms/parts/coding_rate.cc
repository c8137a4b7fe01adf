// Matrix M-MAE's term on the tokens after the final norm, for any method: minus
// the total coding rate of the full batch. The authors call their method M-MAE;
// here M-MAE is MAE with MAGMA.
#include "ssl/terms/parts/coding_rate.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <tuple>

#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

at::Tensor CodingRate(const at::Tensor& features, double mu) {
  const at::Tensor wide = AtLeastFloat32(features);
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{1},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);  // [B, D]
  const int64_t b = z.size(0), d = z.size(1);
  // det(I + a a^T) = det(I + a^T a).
  const at::Tensor gram =  // [n, n], n the smaller of B and D
      (b < d ? at::matmul(z, z.t()) : at::matmul(z.t(), z)) *
      (mu / static_cast<double>(d));
  at::Tensor rate, inverse;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor identity = at::eye(gram.size(0), gram.options());
    // The unchecked factorisation does not make the host wait; for numbers that
    // are not finite it returns NaN.
    const at::Tensor factor =
        std::get<0>(at::linalg_cholesky_ex(identity + gram));
    rate = 2 * factor.diagonal().log().sum();
    inverse = at::cholesky_solve(identity, factor);
  }
  // d log det(M) = tr(M^-1 dM): the added term has value 0 and this derivative.
  const at::Tensor slope = (gram * inverse).sum();
  return rate + (slope - slope.detach());
}

namespace {

class CodingRateLoss : public AuxiliaryLoss {
 public:
  explicit CodingRateLoss(const CodingRateSpec& spec) : spec_(spec) {}

  std::string name() const override { return "coding_rate"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    request.class_token = spec_.feature() == eval::EvalSpec::CLS;
    return request;
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    const at::Tensor feature =  // [B, D]
        Pool(context.latent, spec_.feature(), context.prefix);
    return {-CodingRate(context.gather(feature), spec_.mu()), {}};
  }
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    // The cost is that of the smaller of z z^T and z^T z; the solve is not
    // counted.
    const int64_t small = std::min(sizes.rows, sizes.width);
    const int64_t large = std::max(sizes.rows, sizes.width);
    vit::Cost cost = vit::ProductCost(small, large, small);
    cost.activations = 3 * small * small + 2 * sizes.rows * sizes.width;
    return with_gradient ? cost : cost.WithoutGradient();
  }

 private:
  CodingRateSpec spec_;
};

const bool kCodingRate = AuxiliaryLossPart::Register<CodingRateSpec>(
    {"coding_rate", "Minus the total coding rate (Matrix M-MAE)."},
    [](const CodingRateSpec& spec, const ModelSizes&) {
      return std::make_unique<CodingRateLoss>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
