// Watches a run without changing it: an online probe, pictures, profiles.
//
//   class Watch : public StepObserver {
//     absl::Status AfterStep(const StepReport& report, Recorder* recorder) {
//       if (report.done % 100 != 0 || recorder == nullptr) return {};
//       return recorder->LogScalars(report.done, {{"watch.norm", ...}});
//     }
//   };
//   trainer->Observe(std::make_unique<Watch>());
//
// The loop knows no observer by name. Each of several processes has its
// observers, which may talk through Processes: all are called after every step,
// in the same order.
#ifndef CALDERA_SSL_TRAIN_MONITOR_STEP_OBSERVER_H_
#define CALDERA_SSL_TRAIN_MONITOR_STEP_OBSERVER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/status.h"
#include "ssl/methods/method.h"
#include "ssl/objective/objective.h"
#include "ssl/train/monitor/recorder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct StepReport {
  int64_t done = 0;             // steps done, including this one
  const DeviceBatch& batch;     // the rank rows of this process
  const at::Tensor& embedding;  // [B, D], detached: StepOutput::embedding
  const TotalLoss& loss;
  bool logs = false;  // true if the loss of this step is logged
};

class StepObserver {
 public:
  virtual ~StepObserver() = default;

  // Is called before step `step` (from 0) and before its batch is read.
  virtual void BeforeStep(int64_t /*step*/) {}
  // Is called after the update of the weights. `recorder` is that of rank 0;
  // null on the other ranks and if nothing is recorded. An error ends the run.
  virtual absl::Status AfterStep(const StepReport& report,
                                 Recorder* recorder) = 0;
  // Returns the state that a resumed run needs, under names of its own
  // ("online."...). It shares storage with the observer: it is read and written
  // in place.
  virtual vit::StateDict State() const { return {}; }
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_STEP_OBSERVER_H_
