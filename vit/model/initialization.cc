#include "vit/model/initialization.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "vit/ops/linear.h"

namespace caldera::vit {
namespace {

// Returns FNV-1a of the name, mixed with the seed by splitmix64's finaliser.
uint64_t ParameterSeed(absl::string_view name, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : name) hash = (hash ^ c) * 0x100000001b3ULL;
  hash ^= seed + 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

bool IsNormWeight(absl::string_view name) {
  return absl::EndsWith(name, "norm.weight") ||
         absl::EndsWith(name, "norm_pre.weight") ||
         absl::EndsWith(name, "norm1.weight") ||
         absl::EndsWith(name, "norm2.weight") ||
         absl::EndsWith(name, "norm3.weight");
}

// Returns the names of the weights that are Kaiming-uniform.
std::set<std::string> KaimingWeights(const torch::nn::Module& module) {
  std::set<std::string> names;
  for (const auto& item : module.named_modules("", /*include_self=*/false)) {
    const auto* linear = dynamic_cast<const Linear*>(item.value().get());
    if (linear == nullptr ||
        linear->initial() != Linear::Initial::kKaimingUniform) {
      continue;
    }
    names.insert(item.key() + ".weight");
  }
  return names;
}

// Draws in float32 on the CPU whatever the parameter's type and device, so that
// a model begins with the same weights everywhere.
at::Tensor InitialValue(absl::string_view name, const at::Tensor& parameter,
                        bool kaiming, uint64_t seed) {
  const at::Generator generator =
      at::make_generator<at::CPUGeneratorImpl>(ParameterSeed(name, seed));
  at::Tensor value = at::empty(parameter.sizes(), at::kFloat);
  if (absl::EndsWith(name, "_token") || absl::EndsWith(name, "pos_embed")) {
    return value.normal_(0, 0.02, generator);
  }
  if (absl::EndsWith(name, "head.weight")) {
    return value.normal_(0, 2e-5, generator);
  }
  if (parameter.dim() >= 2) {
    const int64_t fan_out = parameter.size(0);
    const int64_t fan_in = parameter.numel() / fan_out;
    const double bound = std::sqrt(
        6.0 / static_cast<double>(kaiming ? fan_in : fan_in + fan_out));
    return value.uniform_(-bound, bound, generator);
  }
  return value.fill_(IsNormWeight(name) ? 1 : 0);
}

}  // namespace

void InitializeVit(torch::nn::Module& module, uint64_t seed) {
  const at::NoGradGuard no_grad;
  auto parameters = module.named_parameters();
  const std::set<std::string> kaiming = KaimingWeights(module);
  for (auto& item : parameters) {
    const std::string& name = item.key();
    at::Tensor& parameter = item.value();
    if (absl::EndsWith(name, ".gamma")) continue;
    if (absl::EndsWith(name, "patch_embed.proj.bias")) {
      const std::string weight =
          name.substr(0, name.size() - 4) + "weight";  // ...proj.weight
      const double fan_in = static_cast<double>(parameters[weight].numel()) /
                            static_cast<double>(parameter.numel());
      const double bound = 1 / std::sqrt(fan_in);
      parameter.copy_(at::empty(parameter.sizes(), at::kFloat)
                          .uniform_(-bound, bound,
                                    at::make_generator<at::CPUGeneratorImpl>(
                                        ParameterSeed(name, seed))));
      continue;
    }
    parameter.copy_(
        InitialValue(name, parameter, kaiming.count(name) > 0, seed));
  }
}

}  // namespace caldera::vit
