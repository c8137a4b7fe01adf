// The mean of the patch tokens.
#include <ATen/ops/mean.h>

#include <memory>

#include "eval/features/tokens/token_feature.h"

namespace caldera::eval {
namespace {

class MeanOfPatches : public TokenFeature {
 public:
  at::Tensor Read(const at::Tensor& tokens, int64_t prefix) const override {
    return tokens.slice(1, prefix).mean(1);
  }
};

const bool kMeanOfPatches = TokenFeaturePart::Register<base::NoOptions>(
    {"mean", "The mean of the patch tokens."},
    [](const base::NoOptions&) { return std::make_unique<MeanOfPatches>(); });

}  // namespace
}  // namespace caldera::eval
