#include "ssl/losses/magma_loss.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "magma/manifold_loss.h"

namespace caldera::ssl {

MagmaLoss::MagmaLoss(const magma::RegularizerSpec& spec,
                     std::vector<std::pair<int64_t, int64_t>> pairs)
    : spec_(spec), pairs_(std::move(pairs)) {}

std::vector<int64_t> MagmaLoss::taps() const {
  std::vector<int64_t> blocks;
  for (const auto& [reference, target] : pairs_) {
    blocks.push_back(reference);
    blocks.push_back(target);
  }
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

AuxiliaryOutput MagmaLoss::Compute(const StepContext& context,
                                   bool with_diagnostics) const {
  magma::ManifoldLossOptions options;
  options.rbf_scale = spec_.rbf_scale();
  if (spec_.bandwidth_case() == magma::RegularizerSpec::kFixed) {
    options.fixed_gamma = spec_.fixed();
  }
  AuxiliaryOutput out;
  for (const auto& [reference, target] : pairs_) {
    const bool first = !out.value.defined();
    magma::ManifoldDiagnostics seen;
    const at::Tensor value = magma::ManifoldLoss(
        context.taps.at(reference), context.taps.at(target), options,
        first && with_diagnostics ? &seen : nullptr);
    out.value = first ? value : out.value + value;
    if (first && with_diagnostics) {
      out.diagnostics = {{"bandwidth", seen.bandwidth},
                         {"mean_degree", seen.mean_degree},
                         {"min_degree", seen.min_degree},
                         {"share_below_floor", seen.share_below_floor},
                         {"mean_kernel", seen.mean_kernel}};
    }
  }
  out.value = out.value / static_cast<double>(pairs_.size());
  return out;
}

}  // namespace caldera::ssl
