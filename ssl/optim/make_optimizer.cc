#include "ssl/optim/make_optimizer.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssl/optim/layer_decay.h"

namespace caldera::ssl {

std::vector<OptimizerParameter> OptimizerParameters(
    const OptimizerSpec& spec,
    const std::vector<std::pair<std::string, at::Tensor>>& parameters,
    int64_t depth) {
  std::vector<OptimizerParameter> result;
  for (const auto& [name, tensor] : parameters) {
    const auto is_named = [&name = name](const std::string& exempt) {
      return name == exempt || absl::EndsWith(name, absl::StrCat(".", exempt));
    };
    const bool decays = (tensor.dim() > 1 || spec.weight_decay_all()) &&
                        std::none_of(spec.no_weight_decay().begin(),
                                     spec.no_weight_decay().end(), is_named);
    result.push_back({name, tensor, LayerDecay(name, depth, spec.layer_decay()),
                      decays ? spec.weight_decay() : 0});
  }
  return result;
}

std::unique_ptr<Optimizer> MakeOptimizer(
    const OptimizerSpec& spec,
    const std::vector<OptimizerParameter>& parameters) {
  return OptimizerPart::Create(spec, parameters).value();
}

}  // namespace caldera::ssl
