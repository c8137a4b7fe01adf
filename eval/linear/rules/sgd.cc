// torch.optim.SGD, where vectors decay too.
#include <memory>

#include "eval/linear/rules/head_rule.h"

namespace caldera::eval {
namespace {

class Sgd : public HeadRule {
 public:
  void Direct(const at::Tensor& value, const at::Tensor& decay,
              bool /*is_matrix*/, at::Tensor* gradient) const override {
    if (decay.defined()) gradient->addcmul_(value, decay);
  }
};

const bool kSgd = HeadRulePart::Register<base::NoOptions>(
    {"sgd", "The gradient with weight decay."},
    [](const base::NoOptions&) { return std::make_unique<Sgd>(); });

}  // namespace
}  // namespace caldera::eval
