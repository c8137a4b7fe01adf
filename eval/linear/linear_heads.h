// Trains many linear classifiers of the same features side by side: one matrix
// product forward and one back serve all of them.
//
//   HeadsOptions options;                            // LARS behind a BatchNorm
//   LinearHeads heads(192, 10, {0, 1e-4}, options);  // two heads
//   heads.Step(features, labels, {0.1, 0.1});        // [B, 192], [B]
//   at::Tensor logits = heads.Logits(features);      // [B, 2, 10]
//
// Each head takes exactly the steps that it would take alone
// (head_optimizer.h). They begin with equal weights, N(0, 0.01^2) as in MAE's
// probe, and a bias of 0.
//
// Caveat: the gradient is in closed form, without autograd; the features get
// none. The BatchNorm has no weights, so the heads share it (head_norm.h).
#ifndef CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_
#define CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eval/linear/head_norm.h"
#include "eval/linear/head_optimizer.h"
#include "eval/linear/heads.h"

namespace caldera::eval {

// Returns [C, D] from N(0, 0.01^2), a pure function of the seed.
at::Tensor FirstHeadWeights(int64_t classes, int64_t width, uint64_t seed);

class LinearHeads : public Heads {
 public:
  // One head for each weight decay; features are [B, width].
  LinearHeads(int64_t width, int64_t num_classes,
              const std::vector<double>& weight_decay,
              const HeadsOptions& options);

  int64_t num_heads() const override { return optimizer_.num_heads(); }
  void Step(const at::Tensor& features, const at::Tensor& labels,
            const std::vector<double>& rates) override;
  at::Tensor Logits(const at::Tensor& features) const override;
  at::Tensor Finite() const override;

  at::Tensor weight() const { return weight_.value; }  // [H, C, D]
  at::Tensor bias() const { return bias_.value; }      // [H, C]

 private:
  HeadOptimizer optimizer_;
  HeadNorm norm_;
  HeadParameter weight_, bias_;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_LINEAR_HEADS_H_
