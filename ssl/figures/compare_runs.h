#ifndef CALDERA_SSL_FIGURES_COMPARE_RUNS_H_
#define CALDERA_SSL_FIGURES_COMPARE_RUNS_H_

// The courses of several runs in one picture: loss, regularizer, accuracy of
// the online probe (MAGMA, figure 2).
//
//   auto svg = CompareRuns({{"mae", rows_of_mae}, {"m_mae", rows_of_m_mae}});

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace caldera::ssl {

struct RunCourse {
  std::string name;
  std::vector<nlohmann::json> rows;  // of its metrics.jsonl
};

// Panels below one another, each over the epochs with a line a run: "loss",
// "magma", "online.linear_top1", "online.knn_top1". A panel that no run has
// points for is left out; nothing is returned where none is left. SVG.
std::optional<std::string> CompareRuns(const std::vector<RunCourse>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_FIGURES_COMPARE_RUNS_H_
