// facebookresearch/mae, util/lars.py: d = g + wd W, scaled by 0.001 |W| / |d|
// where neither is 0; vectors are neither scaled nor decayed.
#include <ATen/TensorOperators.h>

#include <memory>
#include <vector>

#include "eval/linear/rules/head_rule.h"

namespace caldera::eval {
namespace {

constexpr double kTrustCoefficient = 0.001;

class Lars : public HeadRule {
 public:
  void Direct(const at::Tensor& value, const at::Tensor& decay, bool is_matrix,
              at::Tensor* gradient) const override {
    if (!is_matrix) return;
    if (decay.defined()) gradient->addcmul_(value, decay);
    const at::Tensor size = value.flatten(1).norm(2, 1);        // [H]
    const at::Tensor length = gradient->flatten(1).norm(2, 1);  // [H]
    const at::Tensor ratio =
        (kTrustCoefficient * size / length)
            .masked_fill_(size.gt(0).logical_and_(length.gt(0)).logical_not_(),
                          1);  // [H]
    std::vector<int64_t> shape(value.dim(), 1);
    shape[0] = value.size(0);
    gradient->mul_(ratio.view(shape));  // [H, ...]
  }
};

const bool kLars = HeadRulePart::Register<base::NoOptions>(
    {"lars", "The gradient, as a share of the norm of the weights (MAE)."},
    [](const base::NoOptions&) { return std::make_unique<Lars>(); });

}  // namespace
}  // namespace caldera::eval
