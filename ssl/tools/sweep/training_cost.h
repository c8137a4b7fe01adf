// What training a run cost, kept in its folder.
//
//   absl::Status status = KeepTrainingCost(run, {9.5, int64_t{1} << 30});
//   TrainingCostFile(run);  // ".../seed_0/training_cost.json"
#ifndef CALDERA_SSL_TOOLS_SWEEP_TRAINING_COST_H_
#define CALDERA_SSL_TOOLS_SWEEP_TRAINING_COST_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "ssl/tools/sweep/sweep_plan.h"

namespace caldera::ssl {

// The cost of training a run without interruption.
struct TrainingCost {
  double minutes = 0;      // from start to end of the program
  int64_t peak_bytes = 0;  // of host memory
};

// Keeps the cost in the run folder: "minutes" and "peak_gib" of an object.
// Errors name the file.
absl::Status KeepTrainingCost(const SweepRun& run, const TrainingCost& cost);

// Returns the path of that file.
std::string TrainingCostFile(const SweepRun& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_TRAINING_COST_H_
