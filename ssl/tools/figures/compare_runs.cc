#include "ssl/tools/figures/compare_runs.h"

#include "base/draw/line_chart.h"
#include "ssl/train/monitor/metric_titles.h"

namespace caldera::ssl {
namespace {

// The one term that is drawn beside the loss.
constexpr MetricTitle kRegularizer = {"magma", kRegularizerTitle, "loss"};

}  // namespace

std::optional<std::string> CompareRuns(const std::vector<RunCourse>& runs) {
  std::vector<std::string> charts;
  for (const MetricTitle* panel : {FindMetricTitle("loss"), &kRegularizer,
                                   FindMetricTitle("online.linear_top1"),
                                   FindMetricTitle("online.knn_top1")}) {
    std::vector<base::Series> series;
    for (const RunCourse& run : runs) {
      const auto curve = run.curves.find(panel->key);
      if (curve == run.curves.end()) continue;
      series.push_back({run.name, curve->second.epoch, curve->second.value});
    }
    if (series.empty()) continue;
    charts.push_back(
        base::LineChartSvg(panel->title, "epoch", panel->unit, series));
  }
  if (charts.empty()) return std::nullopt;
  return base::StackCharts(charts);
}

}  // namespace caldera::ssl
