// Ranks the right class in a row of scores: top-1 is rank 0, top-5 a rank below
// 5.
//
//   at::Tensor rank = ClassRank(logits, labels);  // [N, C], [N] -> [N]
//   double top1 = 100 * rank.lt(1).sum().item<double>() / n;
#ifndef CALDERA_EVAL_FEATURES_CLASS_RANK_H_
#define CALDERA_EVAL_FEATURES_CLASS_RANK_H_

#include <ATen/core/Tensor.h>

namespace caldera::eval {

// Returns how many classes score higher than the label's, or equally with a
// lower number, as int64 of labels' shape. `scores` [..., C] floating point;
// `labels` int64 of scores' shape without C, in [0, C). Where the label's own
// score is NaN, the rank is no less than any count of classes.
at::Tensor ClassRank(const at::Tensor& scores, const at::Tensor& labels);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_CLASS_RANK_H_
