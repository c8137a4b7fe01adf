// The class token.
#include <memory>

#include "eval/features/tokens/token_feature.h"

namespace caldera::eval {
namespace {

class ClassToken : public TokenFeature {
 public:
  at::Tensor Read(const at::Tensor& tokens, int64_t /*prefix*/) const override {
    return tokens.select(1, 0);
  }
  bool needs_class_token() const override { return true; }
};

const bool kClassToken = TokenFeaturePart::Register<base::NoOptions>(
    {"cls", "The class token."},
    [](const base::NoOptions&) { return std::make_unique<ClassToken>(); });

}  // namespace
}  // namespace caldera::eval
