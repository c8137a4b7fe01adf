// Reads a run folder for a report, also while the run is going on. It changes
// nothing.
//
//   absl::StatusOr<RunRecord> run = ReadRun("runs/a/mae", "a/mae");
#ifndef CALDERA_SSL_TOOLS_REPORT_READ_RUN_H_
#define CALDERA_SSL_TOOLS_REPORT_READ_RUN_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/tools/figures/run_course.h"
#include "ssl/tools/report/setting_table.h"

namespace caldera::ssl {

// The key of the curve of images a second, which TensorBoard's files hold.
inline constexpr char kImagesPerSecond[] = "speed/images_per_second";

struct RunRecord {
  std::string name;
  std::string experiment_text;           // "" where there is none
  std::optional<Experiment> experiment;  // none: unreadable, a note says why
  nlohmann::json provenance;             // an object
  RunCourse course;                      // kImagesPerSecond among the curves
  std::vector<nlohmann::json> results;
  std::vector<std::string> notes;  // what the reader must know, as sentences
};

// Reads the run at `path`, which the report calls `name`. An experiment or a
// provenance that this program cannot read becomes a note, as does a file that
// the run has not written yet. Errors: NotFound for a folder that does not
// exist; FailedPrecondition for one that is not a run folder; DataLoss for a
// damaged line of metrics.jsonl or a damaged results.json.
absl::StatusOr<RunRecord> ReadRun(const std::string& path,
                                  const std::string& name);

// Returns what was run, in a dozen lines: method, data, encoder, length,
// optimizer, seed, machine and versions, as far as the run folder holds them.
//
//   for (const auto& [name, value] : RunFacts(run)) ...
//   //   {"Encoder", "28 px, patch 7, 128 wide, 6 blocks, 4 heads"}
Fields RunFacts(const RunRecord& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_READ_RUN_H_
