// Plans the runs of a sweep from its command line.
//
//   auto runs = PlanSweep("fashion_mnist/mae@0+1+2,fashion_mnist/u_mae", "0",
//                         "sweeps/a", {"train.steps=500"});
//   (*runs)[1].folder;  // "sweeps/a/fashion_mnist/mae/seed_1"
//
// With the points of vary.h each spec is trained at each point, in folders of
// the points' names, "sweeps/a/fashion_mnist/mae/base_lr=0.001/seed_1", and
// measured on validation images (eval.measured_on), so that a setting is not
// chosen by the test set.
#ifndef CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_
#define CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/tools/sweep/vary.h"

namespace caldera::ssl {

struct SweepRun {
  std::string spec;   // as given, without its seeds
  std::string point;  // its SweepPoint's name; "" without varied fields
  // Names the setting in results: the spec, and the point where there is one.
  std::string setting;
  uint64_t seed = 0;
  std::string folder;
  Experiment experiment;  // resolved, with all overrides and the seed
  // The overrides for training. Those of `eval` change no weight and are left
  // out, so that a trained run can be measured in another way; but a run of a
  // point is told that it is measured on validation images, so that nothing
  // which it shows while it trains comes from others.
  std::vector<std::string> train_overrides;
  bool recorded = false;  // a ledger has its rows (ledger.h): not to be trained
};

// specs: names or paths of specs, comma-separated, each of which may end in its
// own seeds, "@0+1+2". seeds: comma-separated, for those that do not. Runs come
// in the order of the specs, then of the points, then of the seeds. Every
// experiment is loaded and validated. length_scale: each run trains this share
// of its length, so that specs of different lengths are shortened alike;
// windows and warm-ups that are shares follow. Errors: those of LoadExperiment;
// InvalidArgument for an empty list, a seed that is no number, a run that is
// named twice, two specs of one folder, an override of `seed`, a length_scale
// that is not above 0; where there are points, an override of a field that they
// vary, of eval.measured_on by TEST, and a spec that trains a classifier.
absl::StatusOr<std::vector<SweepRun>> PlanSweep(
    const std::string& specs, const std::string& seeds,
    const std::string& output, const std::vector<std::string>& overrides,
    double length_scale = 1,
    const std::vector<SweepPoint>& points = {SweepPoint()});

// Returns FailedPrecondition if the run's folder holds a training that would
// not go on as this run (ssl/train/resume). What is measured may differ.
absl::Status CheckFolder(const SweepRun& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_SWEEP_PLAN_H_
