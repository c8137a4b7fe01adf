// Shows the rows of many runs as one table.
//
//   std::string table = SweepTable(rows);
//
//   | features | feature | runs | k-NN, k=10, ... | minutes | img/s |  GiB |
//   |----------|---------|-----:|----------------:|--------:|------:|-----:|
//   | b/mae    | mean    |    3 |    86.21 ± 0.12 |     9.1 |  5120 | 0.87 |
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
// known, the cost of training: "minutes", "images_per_second", "peak_gib".
// Lines are in the order in which features first occur, then by feature.
std::string SweepTable(const std::vector<nlohmann::json>& rows);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_SWEEP_TABLE_H_
