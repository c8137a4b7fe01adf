// Turns the gradients of heads into the directions of their steps, for H heads
// at once. Specs name the rule: heads { optimizer: LARS }.
//
//   auto rule = HeadRulePart::CreateNamed("optimizer", "LARS");
//   (*rule)->Direct(value, decay, /*is_matrix=*/true, &gradient);
//
// A rule is a file in eval/linear/rules that registers itself.
#ifndef CALDERA_EVAL_LINEAR_RULES_HEAD_RULE_H_
#define CALDERA_EVAL_LINEAR_RULES_HEAD_RULE_H_

#include <ATen/core/Tensor.h>

#include "base/part.h"
#include "eval/linear/rules/head_rule.pb.h"

namespace caldera::eval {

class HeadRule {
 public:
  virtual ~HeadRule() = default;

  // Changes `gradient` [H, ...] of the parameter `value` [H, ...] in place.
  // decay: the weight decays [H, 1, ...], undefined if all are 0. is_matrix: of
  // one head; a bias is a vector.
  virtual void Direct(const at::Tensor& value, const at::Tensor& decay,
                      bool is_matrix, at::Tensor* gradient) const = 0;
};

using HeadRulePart = base::PartKind<HeadRuleSpec, HeadRule>;

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_RULES_HEAD_RULE_H_
