// Draws the curves of several runs in one picture: loss, regularizer, accuracy
// of the online probe (MAGMA, figure 2).
//
//   auto mae = ReadCourse("mae", "runs/mae/metrics.jsonl");
//   auto svg = CompareRuns({*mae, *m_mae});
#ifndef CALDERA_SSL_TOOLS_FIGURES_COMPARE_RUNS_H_
#define CALDERA_SSL_TOOLS_FIGURES_COMPARE_RUNS_H_

#include <optional>
#include <string>
#include <vector>

#include "ssl/tools/figures/run_course.h"

namespace caldera::ssl {

// Returns an SVG of panels below one another, each over the epochs with a line
// a run: "loss", "magma", "online.linear_top1", "online.knn_top1". A panel that
// no run has points for is left out; without any panel, nothing is returned.
std::optional<std::string> CompareRuns(const std::vector<RunCourse>& runs);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_COMPARE_RUNS_H_
