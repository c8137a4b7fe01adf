// Measures the accuracies of a sweep's trained runs and of their floors.
//
//   SweepMeasures measures(device);
//   auto notes = measures.Check(run);  // before any run trains
//   measures.Add(run, missing);
//   std::string table = SweepTable(measures.Rows());
//
// Every row is kept in its run folder's results.json as soon as it is measured,
// and is read from there instead of being measured again; a run that is whole
// also becomes a line of the ledger, if there is one.
#ifndef CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_
#define CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program/missing.h"
#include "eval/evaluate.h"
#include "eval/features/opened_splits.h"
#include "ssl/tools/sweep/floor_names.h"
#include "ssl/tools/sweep/ledger.h"
#include "ssl/tools/sweep/sweep_plan.h"
#include "ssl/train/loop/final_evaluation.h"

namespace caldera::ssl {

// Returns what a ledger knows a run's measurement by.
std::string MeasurementSettings(const SweepRun& run);

class SweepMeasures {
 public:
  explicit SweepMeasures(const at::Device& device, Ledger ledger = {})
      : ledger_(std::move(ledger)), device_(device) {}

  // Opens what the run is measured on; returns what will be left out of it or
  // limited. Errors: a data set without labels or, where it is measured on, a
  // test split; those of FinalEvaluation::Open.
  absl::StatusOr<std::vector<std::string>> Check(const SweepRun& run);

  // Measures the CLS and the mean feature of a finished run from one pass over
  // the images, with the other settings of its `eval`; the head, if it trained
  // one; and, unless an earlier run had the same floors, the encoder with
  // random weights from its seed, and raw pixels. The rows of a run that is
  // `recorded` come from the ledger. What fails costs its rows and is noted in
  // `missing`.
  void Add(const SweepRun& run, base::Missing& missing);

  // Returns all rows with "seed" and the cost of training (sweep_table.h),
  // floors last.
  std::vector<nlohmann::json> Rows() const;

 private:
  using Measure =
      std::function<absl::Status(const eval::EmitRow&, base::Missing&)>;

  // What the runs on one set are measured on; opened once for runs in a row.
  struct OpenedRun {
    std::string images;  // settings of the set and of the measurement
    eval::OpenedSplits splits;
    FinalEvaluation evaluation;
  };

  absl::StatusOr<const OpenedRun*> Opened(const SweepRun& run);
  absl::Status AddOwn(const SweepRun& run, const OpenedRun& opened,
                      std::vector<nlohmann::json>* rows,
                      base::Missing& missing);
  absl::Status AddFloors(const SweepRun& run, const OpenedRun& opened,
                         std::vector<LedgerFloor>* measured,
                         base::Missing& missing);

  // Adds the rows of `measure` under the name `given` to `rows`; what fails is
  // noted in `missing`. settings: text that says how they were measured.
  absl::Status AddRows(const SweepRun& run, const std::string& given,
                       const std::string& settings, const Measure& measure,
                       std::vector<nlohmann::json>* rows,
                       base::Missing& missing) const;

  // Adds the rows of a floor, once for each draw of it. what: as for
  // FloorNames. draw: the seed, or "" for a floor without randomness.
  // `measured` gets the rows that the ledger does not have.
  absl::Status AddFloor(const SweepRun& run, const std::string& short_name,
                        const std::string& what, const std::string& draw,
                        const std::string& settings, const Measure& measure,
                        std::vector<LedgerFloor>* measured,
                        base::Missing& missing);

  Ledger ledger_;
  std::optional<OpenedRun> opened_;
  at::Device device_;
  FloorNames floor_names_;
  std::set<std::string> floors_;  // already measured
  std::vector<nlohmann::json> run_rows_, floor_rows_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_MEASURE_RUN_H_
