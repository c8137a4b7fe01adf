#include "ssl/terms/coding_rate_loss.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "absl/memory/memory.h"
#include "base/field_check.h"
#include "base/status.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/coding_rate.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<CodingRateLoss>> CodingRateLoss::Create(
    const CodingRateSpec& spec) {
  base::FieldCheck check;
  check.AboveUpTo("mu", spec.mu(), 0, 1000000);
  RETURN_IF_ERROR(check.status());
  return absl::WrapUnique(new CodingRateLoss(spec));
}

ContextRequest CodingRateLoss::request() const {
  ContextRequest request;
  request.latent = true;
  return request;
}

AuxiliaryOutput CodingRateLoss::Compute(const StepContext& context,
                                        bool /*with_diagnostics*/) {
  const at::Tensor feature = Pool(context.latent, spec_.feature());  // [B, D]
  return {-CodingRate(context.gather(feature), spec_.mu()), {}};
}

vit::Cost CodingRateLoss::CostOf(const ContextSizes& sizes,
                                 bool with_gradient) const {
  // The smaller of z z^T and z^T z; what solves with it is not counted.
  const int64_t small = std::min(sizes.rows, sizes.width);
  const int64_t large = std::max(sizes.rows, sizes.width);
  vit::Cost cost = vit::ProductCost(small, large, small);
  cost.activations = 3 * small * small + 2 * sizes.rows * sizes.width;
  return with_gradient ? cost : cost.WithoutGradient();
}

}  // namespace caldera::ssl
