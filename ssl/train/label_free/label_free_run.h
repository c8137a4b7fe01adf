// What a run measures without labels: the weights with which it begins, those
// during the run, and those that it leaves, with a verdict.
//
//   LabelFreeRun label_free(experiment, std::move(held_out), device);
//   label_free.Begin(method);                  // before the first step
//   trainer->Observe(MakeLabelFreeObserver(label_free.held_out(), ...));
//   label_free.Finish("photos/mae", method, emit);
//
// Begin is called before a checkpoint is loaded, so that a resumed run compares
// with the same beginning.
#ifndef CALDERA_SSL_TRAIN_LABEL_FREE_LABEL_FREE_RUN_H_
#define CALDERA_SSL_TRAIN_LABEL_FREE_LABEL_FREE_RUN_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program/missing.h"
#include "eval/evaluate.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/train/label_free/held_out_measures.h"
#include "ssl/train/label_free/verdict.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera::ssl {

class LabelFreeRun {
 public:
  LabelFreeRun(const Experiment& experiment, HeldOutMeasures held_out,
               const at::Device& device);

  const HeldOutMeasures& held_out() const { return held_out_; }

  // Measures the weights of `method`, which has not learned yet: those of a
  // random encoder or, with `start {}`, the start weights; a random encoder is
  // then measured besides.
  absl::Status Begin(Method& method);

  // Measures what was learned and emits a row of task "label_free" for `name`
  // and for each beginning: {features, task, setting {feature, images, split},
  // reconstruction, effective_rank, participation, alignment, uniformity}, and
  // a row of task "verdict" with its sentence, which is returned. Returns
  // FailedPrecondition if the beginning was not measured.
  absl::StatusOr<std::string> Finish(const std::string& name, Method& method,
                                     const eval::EmitRow& emit) const;

 private:
  const Experiment experiment_;
  const HeldOutMeasures held_out_;
  const at::Device device_;
  // The first one is what the verdict compares with.
  std::vector<std::pair<std::string, LabelFreeMeasures>> beginnings_;
};

// Measures after every train.label_free.every and logs held_out.reconstruction,
// .effective_rank, .participation, .alignment and .uniformity. A measurement
// that fails costs its row of metrics.jsonl. Everything outlives the observer.
std::unique_ptr<StepObserver> MakeLabelFreeObserver(
    const HeldOutMeasures& held_out, Method& method, int64_t interval,
    const Processes& processes, base::Missing& missing);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LABEL_FREE_LABEL_FREE_RUN_H_
