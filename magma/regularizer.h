// MAGMA as a training term: the manifold loss averaged over the layer pairs of
// a spec (arXiv 2412.02871, section 3).
//
//   absl::StatusOr<Regularizer> regularizer =
//       Regularizer::Create(spec, /*num_blocks=*/12);
//   // regularizer->blocks() is {10, 11}: the encoder must tap these
//   at::Tensor loss = regularizer->Loss(
//       [&](int64_t block) { return taps.at(block); });  // [B, D] each
//
// For the log, in some steps:
//
//   RegularizerDiagnostics diagnostics;
//   regularizer->Loss(features, &diagnostics);
//   for (const auto& [name, value] : regularizer->Read(diagnostics)) ...
//
// The term depends on which images are in the batch together. With several
// processes each needs the features of the global batch: give Create an
// exchange.
#ifndef CALDERA_MAGMA_REGULARIZER_H_
#define CALDERA_MAGMA_REGULARIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "magma/exchange.h"
#include "magma/manifold_diagnostics.h"
#include "magma/manifold_loss_options.h"
#include "magma/regularizer.pb.h"

namespace caldera::magma {

// Returns the options that `spec` names; it must be valid.
ManifoldLossOptions ToOptions(const RegularizerSpec& spec);

// A pair's loss, of shape [], and its diagnostics, without gradient.
struct PairDiagnostics {
  int64_t reference, target;  // blocks, from 0
  at::Tensor loss;
  ManifoldDiagnostics manifold;
};

using RegularizerDiagnostics = std::vector<PairDiagnostics>;

// Returns the degrees of each pair's graph, [B] numbers under names like
// "10_11/degrees", for a histogram. The call waits for the device.
std::vector<std::pair<std::string, std::vector<double>>> ReadDegrees(
    const RegularizerDiagnostics& diagnostics);

class Regularizer {
 public:
  // Creates the term. An error names the field of `spec`
  // (validate_regularizer_spec.h). Without `exchange` the features are those of
  // the full batch; with it they are this process's rows, and the gradients are
  // scaled as in ManifoldLoss.
  static absl::StatusOr<Regularizer> Create(const RegularizerSpec& spec,
                                            int64_t num_blocks,
                                            Exchange exchange = {});

  // Returns the blocks whose features Loss asks for, in ascending order.
  const std::vector<int64_t>& blocks() const { return blocks_; }

  // Returns the (reference, target) blocks, in the spec's order.
  const std::vector<std::pair<int64_t, int64_t>>& pairs() const {
    return pairs_;
  }

  // Returns the mean of the pairs' manifold losses, a scalar in fp32 (fp64 for
  // fp64 features). `features(block)` returns the pooled features [B, D] of a
  // block after its residual sum, before the encoder's final LayerNorm; it is
  // called once for each of blocks(). `diagnostics`, where given, is filled.
  at::Tensor Loss(absl::FunctionRef<at::Tensor(int64_t)> features,
                  RegularizerDiagnostics* diagnostics = nullptr) const;

  // Returns the FLOP of Loss and its gradient for features [batch, dim], as
  // ManifoldLossFlop counts them.
  int64_t Flop(int64_t batch, int64_t dim, bool with_gradient) const;

  // Returns the diagnostics as numbers for the log, under names like
  // "10_11/mean_degree". The call waits for the device. It logs a warning,
  // once, when the mean degree of a pair is below the floor: the term is then a
  // norm penalty.
  std::vector<std::pair<std::string, double>> Read(
      const RegularizerDiagnostics& diagnostics);

 private:
  Regularizer() = default;

  ManifoldLossOptions options_;
  std::vector<std::pair<int64_t, int64_t>> pairs_;
  std::vector<int64_t> blocks_;
  Exchange exchange_;
  bool warned_ = false;
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_REGULARIZER_H_
