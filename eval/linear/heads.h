// The interface of classifiers that are trained side by side on frozen
// features.
//
//   std::unique_ptr<Heads> heads = ...;               // LinearHeads
//   heads->Step(features, labels, {0.1, 0.3});        // two heads
//   at::Tensor logits = heads->Logits(features);      // [B, 2, C]
//
// All of them learn from the same batches, each at its own learning rate and
// weight decay, and each takes the steps that it would take alone.
#ifndef CALDERA_EVAL_LINEAR_HEADS_H_
#define CALDERA_EVAL_LINEAR_HEADS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace caldera::eval {

struct HeadsOptions {
  std::string optimizer = "LARS";  // a rule (rules/head_rule.h)
  double momentum = 0.9;
  bool batch_norm = true;
  uint64_t seed = 0;  // of the first weights
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

class Heads {
 public:
  virtual ~Heads() = default;

  // Returns H.
  virtual int64_t num_heads() const = 0;

  // Takes one step of each head h on mean cross-entropy at learning rate
  // rates[h]. `features` [B, ...] of the options' dtype and device, `labels`
  // [B] int64; B >= 2 with batch_norm. No host synchronisation.
  virtual void Step(const at::Tensor& features, const at::Tensor& labels,
                    const std::vector<double>& rates) = 0;

  // Returns [B, H, C] in the options' dtype.
  virtual at::Tensor Logits(const at::Tensor& features) const = 0;

  // Returns bool [H]: true if all weights of the head are finite.
  virtual at::Tensor Finite() const = 0;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_HEADS_H_
