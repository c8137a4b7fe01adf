#include "eval/features/class_rank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isnan.h>

#include <limits>

namespace caldera::eval {

at::Tensor ClassRank(const at::Tensor& scores, const at::Tensor& labels) {
  const at::Tensor column = labels.unsqueeze(-1);    // [..., 1]
  const at::Tensor own = scores.gather(-1, column);  // [..., 1]
  const at::Tensor equal_before =
      scores.eq(own).cumsum(-1).gather(-1, column).squeeze(-1) - 1;
  return (scores.gt(own).sum(-1) + equal_before)
      .masked_fill(own.isnan().squeeze(-1),
                   std::numeric_limits<int64_t>::max());
}

}  // namespace caldera::eval
