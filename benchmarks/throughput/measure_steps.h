// Times the trainer's own steps of an experiment.
//
//   absl::StatusOr<StepTimes> times = MeasureSteps(experiment, options);
//   batch_size / SpreadOf(times->resident).median;  // images a second
//
// A model is built, trained by ssl::Trainer and discarded. The first steps all
// use one batch that stays on the device; the batches of the later steps come
// from the loader.
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
  int64_t steps = 1;   // timed steps
  // Also times steps with batches from the loader.
  bool loader = true;
  // The result of MeasureLoader; 0: not known. Where the loader is much faster
  // than the steps, its queue of ready batches stays full, and its steps are
  // timed at once; otherwise they are timed after the queue has been emptied.
  double loader_rate = 0;
};

struct StepTimes {
  std::vector<double> resident;     // seconds, a step each
  std::vector<double> with_loader;  // likewise; empty without the loader
  MemoryPeak peak;                  // up to the last resident step
  int64_t growth = 0;  // bytes by which live memory grew over these steps
  std::map<std::string, double> terms;  // seconds of each auxiliary term
};

// Returns the experiment with the same work in every step: terms have their
// largest weight from the first step on, nothing is logged, and training does
// not end.
ssl::Experiment WithSteadySteps(ssl::Experiment experiment);

// Measures an experiment with steady steps. Errors: those of ssl::Trainer;
// ResourceExhausted where a step does not fit into memory.
absl::StatusOr<StepTimes> MeasureSteps(const ssl::Experiment& experiment,
                                       const MeasureOptions& options);

// Returns the images a second of the loader alone, of all processes together.
// It takes batches for a second, and at least four. Errors: those of the
// loader.
absl::StatusOr<double> MeasureLoader(const ssl::Experiment& experiment,
                                     const MeasureOptions& options);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_STEPS_H_
