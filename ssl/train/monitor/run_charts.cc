#include "ssl/train/monitor/run_charts.h"

#include <algorithm>
#include <utility>

#include "base/draw/line_chart.h"
#include "ssl/train/monitor/metric_titles.h"

namespace caldera::ssl {
namespace {

using base::Series;
using nlohmann::json;

// `key` over the epochs, under `name`.
Series Over(const std::vector<json>& rows, const std::string& key,
            const std::string& name) {
  Series series{name, {}, {}};
  for (const json& row : rows) {
    const auto value = row.find(key);
    if (value == row.end() || !value->is_number()) continue;
    series.x.push_back(row.at("epoch").get<double>());
    series.y.push_back(value->get<double>());
  }
  return series;
}

}  // namespace

std::string LossChart(const std::vector<json>& rows) {
  std::vector<Series> series = {Over(rows, "loss", "loss")};
  const auto first =
      std::find_if(rows.begin(), rows.end(),
                   [](const json& row) { return row.contains("loss"); });
  if (first != rows.end()) {
    for (const auto& [key, value] : first->items()) {
      if (first->contains(key + ".weight")) {
        series.push_back(Over(rows, key, key));
      }
    }
  }
  if (series.size() == 2) series.pop_back();  // the one term is the loss
  const MetricTitle& loss = *FindMetricTitle("loss");
  return base::LineChartSvg(loss.title, "epoch", loss.unit, series);
}

std::optional<std::string> Figure2(const std::vector<json>& rows,
                                   const std::string& regularizer) {
  std::vector<std::string> panels;
  const Series value = Over(rows, regularizer, regularizer);
  if (!value.x.empty()) {
    panels.push_back(
        base::LineChartSvg(kRegularizerTitle, "epoch", regularizer, {value}));
  }
  std::vector<Series> accuracies;
  for (const auto& [key, name] :
       {std::make_pair("online.linear_top1", "linear"),
        std::make_pair("online.knn_top1", "k-NN")}) {
    const Series accuracy = Over(rows, key, name);
    if (!accuracy.x.empty()) accuracies.push_back(accuracy);
  }
  if (!accuracies.empty()) {
    panels.push_back(base::LineChartSvg(
        kOnlineProbeTitle, "epoch", FindMetricTitle("online.knn_top1")->unit,
        accuracies));
  }
  if (panels.empty()) return std::nullopt;
  return base::StackCharts(panels);
}

}  // namespace caldera::ssl
