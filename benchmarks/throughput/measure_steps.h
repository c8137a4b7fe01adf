// The trainer's own steps of an experiment, timed.
//
//   absl::StatusOr<StepTimes> times = MeasureSteps(experiment, options);
//   batch_size / SpreadOf(times->resident).median;  // images a second
//
// One model is built, trained by ssl::Trainer and dropped. First every step
// sees one batch that stays on the device; then they come from the loader.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_STEPS_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_STEPS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/throughput/memory_window.h"
#include "data/sets/dataset.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

struct MeasureOptions {
  at::Device device = at::kCPU;
  const ssl::Processes* processes = &ssl::Processes::Single();
  std::shared_ptr<const data::Dataset> dataset;
  int64_t warmup = 1;  // steps before the timed ones, at least 1
  int64_t steps = 1;   // timed ones
  // Also times steps from the loader.
  bool loader = true;
  // What MeasureLoader gave. Where the loader is far ahead of the steps its
  // queue of ready batches stays full, and steps from it are timed at once;
  // else after as many as empty the queue. 0: not known.
  double loader_rate = 0;
};

struct StepTimes {
  std::vector<double> resident;     // seconds, a step each
  std::vector<double> with_loader;  // likewise; empty without
  MemoryPeak peak;                  // until the last resident step
  int64_t growth = 0;               // bytes held more after that than before
  std::map<std::string, double> terms;  // seconds of each auxiliary term
};

// The same work in every step: terms at their largest weight from the first
// step on, nothing logged, no end.
ssl::Experiment WithSteadySteps(ssl::Experiment experiment);

// Takes an experiment with steady steps. Errors: those of ssl::Trainer;
// ResourceExhausted where memory does not hold a step.
absl::StatusOr<StepTimes> MeasureSteps(const ssl::Experiment& experiment,
                                       const MeasureOptions& options);

// Images a second of the loader alone, of all processes together: batches taken
// for a second, and at least four. Errors are the loader's.
absl::StatusOr<double> MeasureLoader(const ssl::Experiment& experiment,
                                     const MeasureOptions& options);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_STEPS_H_
