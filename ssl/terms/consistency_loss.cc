#include "ssl/terms/consistency_loss.h"

#include <ATen/TensorOperators.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

// Returns the predictions in image order, [B*K, N, T]: those of the removed
// patches, [B*K, Nm, T], and zeros for the others.
at::Tensor Restored(const at::Tensor& prediction, const Mask& mask) {
  const int64_t n = mask.mask.size(1);
  if (prediction.size(1) == n) return prediction;
  return prediction.new_zeros({prediction.size(0), n, prediction.size(2)})
      .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(prediction),
               prediction);
}

}  // namespace

at::Tensor Inconsistency(const at::Tensor& prediction, const at::Tensor& mask,
                         int64_t num_masks) {
  const int64_t k = num_masks, n = mask.size(1), t = prediction.size(2);
  const at::Tensor p = prediction.reshape({-1, k, n, t});  // [B, K, N, T]
  const at::Tensor m =
      mask.to(p.scalar_type()).reshape({-1, k, n});  // [B, K, N]
  at::Tensor sum = p.new_zeros({}), count = p.new_zeros({});
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = i + 1; j < k; ++j) {
      const at::Tensor both = m.select(1, i) * m.select(1, j);  // [B, N]
      const at::Tensor distance =
          (p.select(1, i) - p.select(1, j)).abs().mean(-1);  // [B, N]
      sum = sum + (distance * both).sum();
      count = count + both.sum();
    }
  }
  return sum / count.clamp_min(1);
}

absl::StatusOr<std::unique_ptr<ConsistencyLoss>> ConsistencyLoss::Create(
    const ModelSizes& sizes) {
  if (sizes.num_masks < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "consistency: compares what several masks of an image predict, but "
        "mae.masking ",
        sizes.num_masks == 0 ? "does not apply to this method"
                             : "draws one mask",
        "; write mae { masking { partition {} } }"));
  }
  return absl::WrapUnique(new ConsistencyLoss(sizes.num_masks));
}

ContextRequest ConsistencyLoss::request() const {
  ContextRequest request;
  request.prediction = true;
  request.mask = true;
  return request;
}

AuxiliaryOutput ConsistencyLoss::Compute(const StepContext& context,
                                         bool /*with_diagnostics*/) {
  return {Inconsistency(Restored(context.prediction, context.mask),
                        context.mask.mask, num_masks_),
          {}};
}

}  // namespace caldera::ssl
