// A published recipe of linear probing, which specs name: linear { recipe: MAE
// }.
//
//   auto recipe = ProbeRecipePart::CreateNamed("recipe", "MAE");
//   (*recipe)->heads->epochs();  // 90
//
// A recipe is a file in eval/spec/recipes that registers itself.
#ifndef CALDERA_EVAL_SPEC_PROBE_RECIPE_H_
#define CALDERA_EVAL_SPEC_PROBE_RECIPE_H_

#include <optional>

#include "base/part.h"
#include "eval/spec/eval.pb.h"
#include "eval/spec/probe_recipe.pb.h"

namespace caldera::eval {

struct ProbeRecipe {
  // How it trains heads by gradient steps; none: it solves for the optimum.
  std::optional<HeadsSpec> heads;
};

using ProbeRecipePart = base::PartKind<ProbeRecipeSpec, ProbeRecipe>;

// Registers a recipe by the text of its heads. CHECK: it is one.
bool RegisterHeads(const base::PartInfo& info, const char* heads);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_PROBE_RECIPE_H_
