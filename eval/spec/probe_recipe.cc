#include "eval/spec/probe_recipe.h"

#include <glog/logging.h>

#include <memory>
#include <string>

#include "base/spec_fields.h"

namespace caldera::eval {

bool RegisterHeads(const base::PartInfo& info, const char* heads) {
  return ProbeRecipePart::Register<base::NoOptions>(
      info, [text = std::string(heads)](const base::NoOptions&) {
        auto recipe = std::make_unique<ProbeRecipe>();
        CHECK(base::ParseSpec(text, &recipe->heads.emplace())) << text;
        return recipe;
      });
}

}  // namespace caldera::eval
