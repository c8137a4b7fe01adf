#include "ssl/terms/ldreg_loss.h"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/local_dimension.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<LdRegLoss>> LdRegLoss::Create(
    const LdRegSpec& spec) {
  if (spec.neighbors() < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "neighbors: ", spec.neighbors(),
        ", but an estimate compares two distances; use 2 or more"));
  }
  return absl::WrapUnique(new LdRegLoss(spec));
}

ContextRequest LdRegLoss::request() const {
  ContextRequest request;
  request.latent = true;
  return request;
}

AuxiliaryOutput LdRegLoss::Compute(const StepContext& context,
                                   bool with_diagnostics) {
  const at::Tensor feature = Pool(context.latent, spec_.feature());  // [B, D]
  const at::Tensor mean =
      LogLocalDimension(context.gather(feature), spec_.neighbors(),
                        spec_.detach_neighbors())
          .mean();
  AuxiliaryOutput out{-mean, {}};
  if (with_diagnostics) {
    out.diagnostics = {{"dimension", std::exp(mean.item<double>())}};
  }
  return out;
}

vit::Cost LdRegLoss::CostOf(const ContextSizes& sizes,
                            bool with_gradient) const {
  vit::Cost cost =
      vit::ProductCost(sizes.rows, sizes.width, sizes.rows,
                       /*input_gradient=*/!spec_.detach_neighbors());
  cost.activations = sizes.rows * sizes.rows + 3 * sizes.rows * sizes.width;
  return with_gradient ? cost : cost.WithoutGradient();
}

}  // namespace caldera::ssl
