// Implements the update rules of linear probing for one parameter of H heads.
//
//   HeadOptimizer optimizer("LARS", /*momentum=*/0.9, decays, place);
//   HeadParameter weight(first, HeadParameter::MATRIX);  // [H, C, D]
//   optimizer.Step(gradient, {0.1, 0.3}, &weight);       // gradient [H, C, D]
//
// The rule (rules/head_rule.h) turns the gradient into a direction; the
// momentum adds up directions.
#ifndef CALDERA_EVAL_LINEAR_HEAD_OPTIMIZER_H_
#define CALDERA_EVAL_LINEAR_HEAD_OPTIMIZER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eval/linear/rules/head_rule.h"

namespace caldera::eval {

struct HeadParameter {
  enum Kind { MATRIX, VECTOR };  // of one head; a bias is a vector

  HeadParameter(at::Tensor first, Kind kind);

  at::Tensor value, momentum;  // [H, ...]
  Kind kind;
};

class HeadOptimizer {
 public:
  // One head for each weight decay. CHECK: the rule `optimizer` is registered.
  // place: the parameters' dtype and device.
  HeadOptimizer(const std::string& optimizer, double momentum,
                const std::vector<double>& weight_decay,
                const at::TensorOptions& place);

  int64_t num_heads() const { return num_heads_; }

  // Takes one step of each head h at rates[h], in place and outside of
  // autograd. Changes `gradient` [H, ...].
  void Step(at::Tensor gradient, const std::vector<double>& rates,
            HeadParameter* parameter) const;

 private:
  std::shared_ptr<const HeadRule> rule_;
  double momentum_;
  int64_t num_heads_;
  bool decays_;
  at::TensorOptions place_;
  at::Tensor weight_decay_;  // [H]
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_HEAD_OPTIMIZER_H_
