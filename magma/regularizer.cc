#include "magma/regularizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <glog/logging.h>

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "magma/manifold_loss.h"
#include "magma/validate_regularizer_spec.h"

namespace caldera::magma {
namespace {

std::string NameOf(const PairDiagnostics& pair, absl::string_view what) {
  return absl::StrCat(pair.reference, "_", pair.target, "/", what);
}

}  // namespace

ManifoldLossOptions ToOptions(const RegularizerSpec& spec) {
  ManifoldLossOptions options;
  options.rbf_scale = spec.rbf_scale();
  switch (spec.bandwidth_case()) {
    case RegularizerSpec::kFixed:
      options.fixed_gamma = spec.fixed();
      break;
    case RegularizerSpec::kBatchMean:
      options.bandwidth = BandwidthKind::kBatchMean;
      break;
    case RegularizerSpec::kMedian:
      options.bandwidth = BandwidthKind::kMedian;
      break;
    case RegularizerSpec::kNearestNeighbours:
      options.bandwidth = BandwidthKind::kNearestNeighbours;
      options.bandwidth_neighbours = spec.nearest_neighbours().k();
      break;
    case RegularizerSpec::kBatchStd:
    case RegularizerSpec::BANDWIDTH_NOT_SET:
      break;
  }
  options.detach_bandwidth = spec.detach_bandwidth();
  options.kernel_neighbours = spec.kernel_neighbours();
  switch (spec.laplacian()) {
    case RegularizerSpec::SYMMETRIC:
      options.laplacian = LaplacianKind::kSymmetric;
      break;
    case RegularizerSpec::UNNORMALIZED:
      options.laplacian = LaplacianKind::kUnnormalized;
      break;
    case RegularizerSpec::RANDOM_WALK:
      options.laplacian = LaplacianKind::kRandomWalk;
      break;
  }
  options.detach_reference = spec.detach_reference();
  return options;
}

absl::StatusOr<Regularizer> Regularizer::Create(const RegularizerSpec& spec,
                                                int64_t num_blocks,
                                                Exchange exchange) {
  RETURN_IF_ERROR(Validate(spec, num_blocks));
  Regularizer result;
  result.options_ = ToOptions(spec);
  result.pairs_ = *ResolvePairs(spec, num_blocks);
  for (const auto& [reference, target] : result.pairs_) {
    result.blocks_.push_back(reference);
    result.blocks_.push_back(target);
  }
  std::sort(result.blocks_.begin(), result.blocks_.end());
  result.blocks_.erase(
      std::unique(result.blocks_.begin(), result.blocks_.end()),
      result.blocks_.end());
  result.exchange_ = std::move(exchange);
  return result;
}

at::Tensor Regularizer::Loss(absl::FunctionRef<at::Tensor(int64_t)> features,
                             RegularizerDiagnostics* diagnostics) const {
  std::map<int64_t, at::Tensor> by_block;  // [B / P, D] each
  for (const int64_t block : blocks_) by_block[block] = features(block);

  if (diagnostics != nullptr) diagnostics->clear();
  at::Tensor total;
  for (const auto& [reference, target] : pairs_) {
    PairDiagnostics pair = {reference, target};
    const at::Tensor loss = ManifoldLoss(
        by_block[reference], by_block[target], options_,
        diagnostics != nullptr ? &pair.manifold : nullptr, exchange_);
    total = total.defined() ? total + loss : loss;
    if (diagnostics == nullptr) continue;
    pair.loss = loss.detach();
    diagnostics->push_back(std::move(pair));
  }
  return total / static_cast<double>(pairs_.size());
}

int64_t Regularizer::Flop(int64_t batch, int64_t dim,
                          bool with_gradient) const {
  return static_cast<int64_t>(pairs_.size()) *
         ManifoldLossFlop(options_, batch, dim, with_gradient);
}

std::vector<std::pair<std::string, double>> Regularizer::Read(
    const RegularizerDiagnostics& diagnostics) {
  std::vector<std::string> names;
  std::vector<at::Tensor> scalars;
  for (const PairDiagnostics& pair : diagnostics) {
    names.push_back(NameOf(pair, "loss"));
    scalars.push_back(pair.loss.to(at::kDouble));
    for (const auto& [name, scalar] : NameDiagnostics(pair.manifold)) {
      names.push_back(NameOf(pair, name));
      scalars.push_back(scalar.to(at::kDouble));
    }
  }
  std::vector<std::pair<std::string, double>> result;
  if (names.empty()) return result;
  const at::Tensor values = at::stack(scalars).cpu();  // one transfer
  for (size_t i = 0; i < names.size(); ++i) {
    const double value = values.data_ptr<double>()[i];
    result.emplace_back(names[i], value);
    if (warned_ || !absl::EndsWith(names[i], "/mean_degree") ||
        !(value < kDegreeFloor)) {
      continue;
    }
    warned_ = true;
    LOG(WARNING) << "MAGMA: " << names[i] << " is " << value
                 << ", below the floor of " << kDegreeFloor
                 << ": no image has neighbours, and the term has turned into a "
                    "penalty on the norm of the target features. A bandwidth "
                    "that follows the distances keeps them: batch_mean {}, "
                    "median {} or nearest_neighbours {}";
  }
  return result;
}

std::vector<std::pair<std::string, std::vector<double>>> ReadDegrees(
    const RegularizerDiagnostics& diagnostics) {
  std::vector<std::pair<std::string, std::vector<double>>> result;
  for (const PairDiagnostics& pair : diagnostics) {
    const at::Tensor degrees =
        pair.manifold.degrees.to(at::kCPU, at::kDouble).contiguous();  // [B]
    const double* first = degrees.const_data_ptr<double>();
    result.emplace_back(NameOf(pair, "degrees"),
                        std::vector<double>(first, first + degrees.numel()));
  }
  return result;
}

}  // namespace caldera::magma
