// Trains the runs of a sweep, each by a //:pretrain of its own, several at once
// where asked.
//
//   TrainingSetup setup;
//   setup.parallel = 2;
//   const bool whole = TrainRuns(*runs, setup, [&](size_t i, absl::Status s) {
//     if (s.ok()) Measure((*runs)[i]);
//   });
//
// Runs that are trained or recorded are not trained again; one that was
// interrupted goes on from its checkpoint.
#ifndef CALDERA_SSL_TOOLS_SWEEP_TRAIN_RUNS_H_
#define CALDERA_SSL_TOOLS_SWEEP_TRAIN_RUNS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ssl/tools/sweep/sweep_plan.h"

namespace caldera::ssl {

struct TrainingSetup {
  std::string device = "auto";  // as --device
  int threads = 0;              // as --threads, of all that train together
  int parallel = 1;             // runs at once, in [1, kMostChildren]
  // The GPUs, as CUDA_VISIBLE_DEVICES names them. Runs at once get one each, in
  // turn where there are fewer. Empty: no variable is set.
  std::vector<std::string> gpus;
};

// Returns the names of `count` GPUs for TrainingSetup: those of
// CUDA_VISIBLE_DEVICES if it is set, else their numbers.
std::vector<std::string> VisibleGpus(int count);

// Trains `runs` in their order and calls `ended` with the number of each when
// it has ended, or needs no training: OK, or InvalidArgument (the user can mend
// it) or Internal for one that failed, after which the others go on. With
// several at once, what a run prints goes to "<its folder>.log". Prints a line
// on stderr for each run that begins. Returns false if a signal to stop ended
// it: those that ran have a checkpoint then, and `ended` is not called for
// them.
bool TrainRuns(const std::vector<SweepRun>& runs, const TrainingSetup& setup,
               const std::function<void(size_t, const absl::Status&)>& ended);

// Returns true if the run's training reached its end.
bool IsTrained(const SweepRun& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_TRAIN_RUNS_H_
