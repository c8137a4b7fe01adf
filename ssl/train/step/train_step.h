// One step of training: forward, total loss, backward, clipping, update.
//
//   Learner learner(experiment, method, std::move(objective), run);
//   absl::StatusOr<StepResult> result =
//       TrainStep(learner, batch, streams, number, /*with_diagnostics=*/false);
//
// The trainer, the forecast and the golden trajectories all take this step. It
// runs in one of four ways, which give the same result: directly; in thread
// slices on a CPU (thread_slices.h); with train.accumulate_steps in that many
// equal microbatches of the batch's rows, whose gradients and losses are
// averaged (data::LoaderOptions::microbatches); replayed from a CUDA graph
// (graph_replay.h).
#ifndef CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
#define CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/random_stream.h"
#include "ssl/methods/method.h"
#include "ssl/train/step/learner.h"
#include "ssl/train/step/step_result.h"

namespace caldera::ssl {

// Takes step `number` (from 0). `batch` contains the rank rows of this process.
//
// If loss or gradient are not finite, nothing is updated: neither weights nor
// the state of the optimizer nor other state of a method. An Internal error
// then names the step and the terms, unless on_nonfinite is kSkip. On a GPU
// this is checked only when `with_diagnostics` waits anyway, and by
// Learner::CheckFinite.
absl::StatusOr<StepResult> TrainStep(Learner& learner, const DeviceBatch& batch,
                                     const base::Streams& streams,
                                     int64_t number, bool with_diagnostics);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
