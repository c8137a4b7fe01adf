#include "ssl/figures/compare_runs.h"

#include "eval/line_chart.h"

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

eval::Series SeriesOf(const RunCourse& run, const char* key) {
  eval::Series series{run.name, {}, {}};
  for (const nlohmann::json& row : run.rows) {
    const auto value = row.find(key);
    const auto epoch = row.find("epoch");
    if (value == row.end() || epoch == row.end() || !value->is_number() ||
        !epoch->is_number()) {
      continue;
    }
    series.x.push_back(epoch->get<double>());
    series.y.push_back(value->get<double>());
  }
  return series;
}

}  // namespace

std::optional<std::string> CompareRuns(const std::vector<RunCourse>& runs) {
  std::vector<std::string> charts;
  for (const Panel& panel : kPanels) {
    std::vector<eval::Series> series;
    for (const RunCourse& run : runs) {
      eval::Series one = SeriesOf(run, panel.key);
      if (!one.x.empty()) series.push_back(std::move(one));
    }
    if (series.empty()) continue;
    charts.push_back(
        eval::LineChartSvg(panel.title, "epoch", panel.unit, series));
  }
  if (charts.empty()) return std::nullopt;
  return eval::StackCharts(charts);
}

}  // namespace caldera::ssl
