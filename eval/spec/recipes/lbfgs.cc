// Logistic regression, solved to its optimum on cached features
// (eval/linear/linear_probe.h): fast, with nothing to tune.
#include <memory>

#include "eval/spec/probe_recipe.h"

namespace caldera::eval {
namespace {

const bool kLbfgs = ProbeRecipePart::Register<base::NoOptions>(
    {"lbfgs", "Solves for the optimum on cached features."},
    [](const base::NoOptions&) { return std::make_unique<ProbeRecipe>(); });

}  // namespace
}  // namespace caldera::eval
