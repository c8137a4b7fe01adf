#ifndef CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_
#define CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_

// The accuracies of a sweep's trained runs, and the floors beside them.
//
//   SweepMeasures measures(device);
//   absl::Status status = measures.Add(run);
//   std::string table = SweepTable(measures.Rows());
//
// Every row is kept in its run folder's results.json as soon as it is there,
// and is read from it instead of being measured again.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "eval/evaluate.h"
#include "ssl/tools/sweep/floor_names.h"
#include "ssl/tools/sweep/sweep_plan.h"

namespace caldera::ssl {

class SweepMeasures {
 public:
  explicit SweepMeasures(const at::Device& device) : device_(device) {}

  // Measures the CLS and the mean feature of a finished run from one pass over
  // the images, as its `eval` says for the rest, the head where it trained one,
  // and, where no earlier run had the same, the encoder with random weights of
  // its seed, and raw pixels.
  // Errors: a data set without labels or, where it is measured on, a test
  // split; what reading and measuring gives.
  absl::Status Add(const SweepRun& run);

  // All rows with "seed" and what the training cost (sweep_table.h), floors
  // last.
  std::vector<nlohmann::json> Rows() const;

 private:
  using Measure = std::function<absl::Status(const eval::EmitRow&)>;

  // Adds the rows of `measure` under `name` to `rows`. settings: text that says
  // how they were measured.
  absl::Status AddRows(const SweepRun& run, const std::string& name,
                       const std::string& settings, const Measure& measure,
                       std::vector<nlohmann::json>* rows) const;

  // Adds the rows of a floor, once for each draw of it. what: as for
  // FloorNames. draw: the seed, or nothing where there is nothing to draw.
  absl::Status AddFloor(const SweepRun& run, const std::string& short_name,
                        const std::string& what, const std::string& draw,
                        const std::string& settings, const Measure& measure);

  at::Device device_;
  FloorNames floor_names_;
  std::set<std::string> floors_;  // what has been measured
  std::vector<nlohmann::json> run_rows_, floor_rows_;
};

// What the training of a run cost, in one go.
struct TrainingCost {
  double minutes = 0;      // from start to end of the program
  int64_t peak_bytes = 0;  // of host memory
};

// Keeps it in the run folder, for Add. Errors name the file.
absl::Status KeepTrainingCost(const SweepRun& run, const TrainingCost& cost);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_
