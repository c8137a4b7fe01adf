#include "vit/state_dict.h"

#include <ATen/core/grad_mode.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::vit {

StateDict GetStateDict(const torch::nn::Module& module,
                       const std::string& prefix) {
  StateDict state;
  for (const auto& item : module.named_parameters()) {
    state[prefix + item.key()] = item.value();
  }
  for (const auto& item : module.named_buffers()) {
    state[prefix + item.key()] = item.value();
  }
  return state;
}

absl::Status CopyStateDict(const StateDict& from, const StateDict& to,
                           const std::string& source) {
  for (const auto& [name, target] : to) {
    const auto found = from.find(name);
    if (found == from.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(source, " lacks the tensor \"", name, "\""));
    }
    if (found->second.sizes() != target.sizes()) {
      return absl::InvalidArgumentError(absl::StrCat(
          source, ": tensor \"", name, "\" has the shape [",
          absl::StrJoin(found->second.sizes(), ", "), "], the model needs [",
          absl::StrJoin(target.sizes(), ", "), "]"));
    }
  }
  for (const auto& [name, unused] : from) {
    if (to.count(name) == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          source, " holds the tensor \"", name, "\", which the model lacks"));
    }
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, target] : to) target.copy_(from.at(name));
  return absl::OkStatus();
}

absl::Status LoadStateDict(torch::nn::Module& module, const StateDict& state,
                           const std::string& source) {
  return CopyStateDict(state, GetStateDict(module), source);
}

}  // namespace caldera::vit
