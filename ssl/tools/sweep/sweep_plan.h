// Plans the runs of a sweep from its command line.
//
//   auto runs = PlanSweep("fashion_mnist/mae@0+1+2,fashion_mnist/u_mae", "0",
//                         "sweeps/a", {"train.steps=500"});
//   (*runs)[1].folder;  // "sweeps/a/fashion_mnist/mae/seed_1"
#ifndef CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_
#define CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

struct SweepRun {
  std::string spec;  // as given, without its seeds
  uint64_t seed = 0;
  std::string folder;
  Experiment experiment;  // resolved, with all overrides and the seed
  // The overrides for training. Those of `eval` change no weight and are left
  // out, so that a trained run can be measured in another way.
  std::vector<std::string> train_overrides;
};

// specs: names or paths of specs, comma-separated, each of which may end in its
// own seeds, "@0+1+2". seeds: comma-separated, for those that do not. Runs come
// in the order of the specs, then of the seeds. Every experiment is loaded and
// validated. length_scale: each run trains this share of its length, so that
// specs of different lengths are shortened alike; windows and warm-ups that are
// shares follow. Errors: those of LoadExperiment; InvalidArgument for an empty
// list, a seed that is no number, a run that is named twice, two specs of one
// folder, an override of `seed`, a length_scale that is not above 0.
absl::StatusOr<std::vector<SweepRun>> PlanSweep(
    const std::string& specs, const std::string& seeds,
    const std::string& output, const std::vector<std::string>& overrides,
    double length_scale = 1);

// Returns FailedPrecondition if the run's folder holds a training that would not
// go on as this run (ssl/train/resume). What is measured may differ.
absl::Status CheckFolder(const SweepRun& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_
