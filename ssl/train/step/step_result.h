// What a step of training returns, on the device.
//
//   result->loss.total.item<float>();
#ifndef CALDERA_SSL_TRAIN_STEP_STEP_RESULT_H_
#define CALDERA_SSL_TRAIN_STEP_STEP_RESULT_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "ssl/methods/method.h"
#include "ssl/objective/objective.h"

namespace caldera::ssl {

struct StepResult {
  TotalLoss loss;  // detached; the mean over all processes
  // StepOutput::embedding for the rank rows of this process, [B, D]. Zeros
  // after a skipped step.
  at::Tensor embedding;
  at::Tensor grad_norm;  // [], before clipping
  at::Tensor skip;       // float [1]: 1 if nothing was updated
  // The inputs of the terms by microbatch, for the diagnostics of replayed
  // steps; else empty.
  std::vector<StepOutput> read_by_terms;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_STEP_RESULT_H_
