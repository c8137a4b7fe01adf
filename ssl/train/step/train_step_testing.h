// The learner of a tiny method, and the state that it changes.
//
//   TinyStep tiny(TinyMethods().at("mu_mae"), at::kDouble, options);
//   const auto result = tiny.Run(batch, /*number=*/0);
//   ExpectEqual(tiny.State(), other.State());
#ifndef CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_TESTING_H_
#define CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/train/step/train_step.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct TinyStep {
  TinyStep(const Experiment& experiment, at::ScalarType type,
           const LearnerOptions& options = {},
           const at::Device& device = at::kCPU);

  // Runs a step with diagnostics.
  absl::StatusOr<StepResult> Run(const DeviceBatch& batch, int64_t number);
  // Returns a copy of all weights, statistics and the state of the optimizer,
  // by name, without the count of skipped steps.
  vit::StateDict State() const;

  std::shared_ptr<Method> method;
  std::unique_ptr<Learner> learner;
};

// Returns `b` images for the method of the experiment, of type `type`.
DeviceBatch TinyBatchOf(const Experiment& experiment, int64_t b,
                        at::ScalarType type);

// Expects the same names, and values that differ by at most `tolerance`.
void ExpectClose(const vit::StateDict& a, const vit::StateDict& b,
                 double tolerance);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_TESTING_H_
