#include "ssl/tools/figures/compare_runs.h"

#include "base/draw/line_chart.h"

namespace caldera::ssl {
namespace {

struct Panel {
  const char* key;
  const char* title;
  const char* unit;
};

constexpr Panel kPanels[] = {
    {"loss", "Training loss", "loss"},
    {"magma", "MAGMA's term, unweighted", "loss"},
    {"online.linear_top1", "Online linear probe", "top-1, %"},
    {"online.knn_top1", "k-NN during training", "top-1, %"},
};

}  // namespace

std::optional<std::string> CompareRuns(const std::vector<RunCourse>& runs) {
  std::vector<std::string> charts;
  for (const Panel& panel : kPanels) {
    std::vector<base::Series> series;
    for (const RunCourse& run : runs) {
      const auto curve = run.curves.find(panel.key);
      if (curve == run.curves.end()) continue;
      series.push_back({run.name, curve->second.epoch, curve->second.value});
    }
    if (series.empty()) continue;
    charts.push_back(
        base::LineChartSvg(panel.title, "epoch", panel.unit, series));
  }
  if (charts.empty()) return std::nullopt;
  return base::StackCharts(charts);
}

}  // namespace caldera::ssl
