#include "ssl/losses/soft_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>

namespace caldera::ssl {

at::Tensor SmoothLabels(const at::Tensor& labels, int64_t num_classes,
                        double smoothing) {
  const double every = smoothing / static_cast<double>(num_classes);
  return at::full({labels.numel(), num_classes}, every,
                  labels.options().dtype(at::kFloat))
      .scatter_(1, labels.view({-1, 1}), 1 - smoothing + every);
}

at::Tensor SoftCrossEntropy(const at::Tensor& logits,
                            const at::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(),
              "SoftCrossEntropy: logits and targets must be [B, K], are ",
              logits.sizes(), " and ", targets.sizes());
  const at::ScalarType type =
      logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor log_shares = at::log_softmax(logits, 1, type);  // [B, K]
  return -(targets.to(type) * log_shares).sum(1).mean();
}

}  // namespace caldera::ssl
