// Many linear classifiers of the same features, trained side by side: one
// matrix product forward and one back for all of them.
//
//   LinearHeadsOptions options;               // LARS behind a BatchNorm, as
//   MAE LinearHeads heads(192, 10, {0, 1e-4}, options);  // two heads
//   heads.Step(features, labels, {0.1, 0.1});        // [B, 192], [B]
//   at::Tensor logits = heads.Logits(features);      // [B, 2, 10]
//
// Each head takes exactly the steps that it would take alone. They begin with
// equal weights, N(0, 0.01^2) as in MAE's probe, and a bias of 0.
//
// LARS: facebookresearch/mae, util/lars.py: d = g + wd W, scaled by
// 0.001 |W| / |d| where neither is 0; the bias is neither scaled nor decayed.
// SGD: torch.optim.SGD, where the bias decays too.
//
// Caveat: the gradient is in closed form, without autograd; the features get
// none. The BatchNorm has no weights, so the heads share it: training steps use
// their batch's mean and variance, Logits the running ones (momentum 0.1).
#ifndef CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_
#define CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eval/eval.pb.h"

namespace caldera::eval {

struct LinearHeadsOptions {
  HeadsSpec::Optimizer optimizer = HeadsSpec::LARS;
  double momentum = 0.9;
  bool batch_norm = true;
  uint64_t seed = 0;  // of the first weights
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

class LinearHeads {
 public:
  // One head for each weight decay.
  LinearHeads(int64_t width, int64_t num_classes,
              const std::vector<double>& weight_decay,
              const LinearHeadsOptions& options);

  // One step of each head h on mean cross-entropy at learning rate rates[h].
  // `features` [B, D] of the options' dtype and device, `labels` [B] int64;
  // B >= 2 with batch_norm. No host synchronisation.
  void Step(const at::Tensor& features, const at::Tensor& labels,
            const std::vector<double>& rates);

  // [B, H, C].
  at::Tensor Logits(const at::Tensor& features) const;

  int64_t num_heads() const { return heads_; }
  at::Tensor weight() const;  // [H, C, D], a view
  at::Tensor bias() const;    // [H, C], a view

 private:
  at::Tensor Normalized(const at::Tensor& features, bool training) const;
  void Update(const at::Tensor& weight_gradient,
              const at::Tensor& bias_gradient, const at::Tensor& rates);

  LinearHeadsOptions options_;
  int64_t heads_, classes_, width_;
  bool decays_;
  at::Tensor weight_decay_;                // [H, 1, 1]
  at::Tensor weight_, weight_momentum_;    // [H * C, D]
  at::Tensor bias_, bias_momentum_;        // [H * C]
  at::Tensor running_mean_, running_var_;  // [D]
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_
