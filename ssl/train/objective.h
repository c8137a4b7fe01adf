#ifndef CALDERA_SSL_TRAIN_OBJECTIVE_H_
#define CALDERA_SSL_TRAIN_OBJECTIVE_H_

// The total loss of a step: the method's terms and the auxiliary ones, each
// with the weight of that step.
//
//   absl::StatusOr<Objective> objective = Objective::Create(experiment);
//   auto method = MakeMethod(experiment, objective->taps());
//   TotalLoss loss = objective->Combine((*method)->Step(batch, streams), step,
//                                       run, /*with_diagnostics=*/false);
//   loss.total.backward();

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment.pb.h"
#include "ssl/losses/auxiliary_loss.h"
#include "ssl/methods/method.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {

struct TotalLoss {
  at::Tensor total;         // scalar, with gradient
  std::vector<Term> terms;  // every term, detached, with the weight applied
  // Further numbers for the log, named "<term>.<what>".
  std::vector<std::pair<std::string, double>> diagnostics;
};

class Objective {
 public:
  // The regularizer and the auxiliary terms of a validated experiment.
  static absl::StatusOr<Objective> Create(const Experiment& experiment);

  // Blocks whose pooled outputs the terms read, sorted, each once.
  std::vector<int64_t> taps() const;

  // Terms whose weight is 0 at `step`, or that only observe, are computed on
  // detached features: they are logged and leave the gradient bit for bit as
  // it would be without them.
  TotalLoss Combine(const StepOutput& output, int64_t step,
                    const RunLength& run, bool with_diagnostics) const;

 private:
  struct Auxiliary {
    AuxiliaryLossSpec spec;
    std::unique_ptr<AuxiliaryLoss> loss;
  };
  std::vector<Auxiliary> auxiliary_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_OBJECTIVE_H_
