// Finds all runs below a folder and gathers those that differ in nothing but
// the seed.
//
//   auto groups = ReadRunGroups("sweeps/a");
//   (*groups)[0].runs;      // seed_0, seed_1, seed_2 of the best setting
//   (*groups)[0].measures;  // "linear, l2=1e-05" -> 84.2 ± 0.3 of "mean"
#ifndef CALDERA_SSL_TOOLS_REPORT_RUN_GROUPS_H_
#define CALDERA_SSL_TOOLS_REPORT_RUN_GROUPS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/tools/report/setting_table.h"

namespace caldera::ssl {

// A run as the index shows it.
struct IndexedRun {
  std::string path;       // below the folder: "fashion_mnist/mae/seed_0"
  std::string seed;       // "" where it is not known
  bool finished = false;  // it has its encoder
  bool report = false;    // it has report.html
  std::string note;       // what could not be read; "" else
};

// An accuracy of a group: of the feature with the highest mean.
struct GroupMeasure {
  std::string feature;
  double mean = 0;       // percent, over the runs
  double deviation = 0;  // of a run, divided by n - 1; 0 for one run
  int64_t runs = 0;
};

struct RunGroup {
  std::vector<IndexedRun> runs;  // by their paths
  Fields fields;  // of the experiment, without the seed; empty: unreadable
  std::map<std::string, GroupMeasure> measures;  // by MeasureName
};

struct RunGroups {
  std::vector<RunGroup> groups;  // the best first
  // The measures of all groups, the one that ranks first; groups without it
  // stand behind the others, by their paths.
  std::vector<std::string> measures;
};

// The most runs that an index has.
inline constexpr size_t kMostIndexedRuns = 10000;

// Errors: NotFound for a folder that does not exist; FailedPrecondition for
// one without runs, and for more than kMostIndexedRuns. What a run has that
// cannot be read becomes its note. Links are not followed.
absl::StatusOr<RunGroups> ReadRunGroups(const std::string& folder);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_REPORT_RUN_GROUPS_H_
