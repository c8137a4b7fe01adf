#ifndef CALDERA_SSL_LOSSES_AUXILIARY_LOSS_H_
#define CALDERA_SSL_LOSSES_AUXILIARY_LOSS_H_

// A term that any method's loss can take on: MAGMA, uniformity.
//
//   absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> loss =
//       MakeAuxiliaryLoss(spec.regularizer(), encoder.depth());
//   AuxiliaryOutput out = (*loss)->Compute(context);
//   total = total + weight * out.value;
//
// To add one: a message in auxiliary.proto, a class in its own file, a case in
// make_auxiliary_loss.cc.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace caldera::ssl {

// What a step leaves for the terms to read.
struct StepContext {
  // Block number -> mean of its visible non-CLS tokens, before the final norm:
  // [B, D]. Holds the blocks that were asked for.
  std::map<int64_t, at::Tensor> taps;
  at::Tensor latent;  // [B, 1 + Nv, D], after the final norm, CLS first
};

struct AuxiliaryOutput {
  at::Tensor value;  // scalar, not weighted
  // Further numbers for the log, by name; only where they were asked for.
  std::vector<std::pair<std::string, double>> diagnostics;
};

class AuxiliaryLoss {
 public:
  virtual ~AuxiliaryLoss() = default;
  // The term's name in metrics.
  virtual std::string name() const = 0;
  // Numbers of the blocks whose pooled outputs Compute reads.
  virtual std::vector<int64_t> taps() const { return {}; }
  // `with_diagnostics` asks for the extra numbers, for which the host waits.
  virtual AuxiliaryOutput Compute(const StepContext& context,
                                  bool with_diagnostics) = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_AUXILIARY_LOSS_H_
