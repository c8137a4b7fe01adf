// Shows the rows of many runs as one table.
//
//   std::string table = SweepTable(rows);
//
//   | features | feature | runs | k-NN, k=10, ... | minutes | img/s |  GiB |
//   |----------|---------|-----:|----------------:|--------:|------:|-----:|
//   | b/mae    | mean    |    3 |    86.21 ± 0.12 |     9.1 |  5120 | 0.87 |
//
//   RankedSettings(rows)[0];  // {"b/mae", "mean"}, the best
//
// A column for each task and setting shows the mean of top1 over the seeds, and
// their standard deviation (divided by n - 1) if there is more than one.
#ifndef CALDERA_SSL_TOOLS_SWEEP_SWEEP_TABLE_H_
#define CALDERA_SSL_TOOLS_SWEEP_SWEEP_TABLE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace caldera::ssl {

// rows: those of eval/evaluate.h and eval/classify.h with "seed" and, where
// known, the cost of training: "minutes", "images_per_second", "peak_gib";
// those of floors have "floor": true. Lines are in the order in which features
// first occur, then by feature; best_first: in the order of RankedSettings,
// each setting's better feature first, and then the floors.
std::string SweepTable(const std::vector<nlohmann::json>& rows,
                       bool best_first = false);

// A setting and the better of its features.
struct RankedSetting {
  std::string name, feature;
};

// Returns what the rows name in "features", without floors, the best first: by
// the mean top1 over the seeds of the better feature, as measured by the own
// head if there is one, else by the linear probe, else by k-NN. Settings that
// are equal or not measured so follow their names.
std::vector<RankedSetting> RankedSettings(
    const std::vector<nlohmann::json>& rows);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_SWEEP_TABLE_H_
