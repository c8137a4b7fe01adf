// The runs that were measured before, a JSON line each, in a file that is kept
// when the run folders are not: a large table is made over several sittings, or
// on several machines, and its file is committed beside it.
//
//   ASSIGN_OR_RETURN(Ledger ledger, Ledger::Open("results/fashion.jsonl"));
//   const LedgerLine* line = ledger.Find(run, settings);
//   if (line == nullptr) {
//     ...  // train and measure it
//     absl::Status status = ledger.Add({run.setting, run.seed, experiment,
//                                       settings, rows, floors});
//   }
//
// A line is taken for a run of the same name and seed if its experiment would
// go on as that of the run (ssl/train/resume), and if it was measured with the
// same settings. Caveats: the program that trained it may have been an older
// one, since no revision is compared; two sweeps must not write one file at the
// same time.
#ifndef CALDERA_SSL_TOOLS_SWEEP_LEDGER_H_
#define CALDERA_SSL_TOOLS_SWEEP_LEDGER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/tools/sweep/sweep_plan.h"

namespace caldera::ssl {

// The rows of a floor: a random encoder or raw pixels.
struct LedgerFloor {
  std::string of;    // what its features depend on, without the seed
  std::string draw;  // the seed; "" for a floor without randomness
  std::vector<nlohmann::json> rows;
};

struct LedgerLine {
  std::string setting;  // SweepRun's
  uint64_t seed = 0;
  Experiment experiment;  // resolved
  std::string settings;   // of the measurement
  std::vector<nlohmann::json> rows;
  std::vector<LedgerFloor> floors;  // measured with it
};

class Ledger {
 public:
  Ledger() = default;  // without a file: nothing is found or kept

  // Reads the file; none is there before the first line is added. Errors:
  // those of reading it; InvalidArgument for a line that is none, with its
  // number.
  static absl::StatusOr<Ledger> Open(const std::string& path);

  // Both return null if there is none; the last line of several.
  const LedgerLine* Find(const SweepRun& run,
                         const std::string& settings) const;
  const LedgerFloor* FindFloor(const std::string& of,
                               const std::string& draw) const;

  // Keeps a line in the file, whose lines before it stay as they are. Errors:
  // those of base/replace_file.h.
  absl::Status Add(const LedgerLine& line);

  bool open() const { return !path_.empty(); }

 private:
  std::string path_;
  std::string text_;  // of the file
  std::vector<LedgerLine> lines_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_LEDGER_H_
