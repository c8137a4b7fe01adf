#include "ssl/train/loop/run_pictures.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/draw/line_chart.h"
#include "base/draw/png.h"
#include "base/part.h"
#include "base/replace_file.h"
#include "ssl/train/monitor/metric_titles.h"

namespace caldera::ssl {
namespace {

using base::Series;
using nlohmann::json;

// Returns the values of `key` over the epochs, as a curve named `name`.
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
  series[0].broad = series.size() > 1;        // a term may lie upon the sum
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

void DrawRun(const Experiment& experiment, const RunFolder& folder,
             Trainer& trainer,
             const std::optional<ReconstructionPictures>& pictures,
             base::Missing& missing) {
  const std::vector<json>& metrics = trainer.metrics();
  const auto draw =
      [&](const std::string& file,
          const std::function<absl::Status(const std::string&)>& make) {
        missing.Attempt(file, [&] { return make(folder.Path(file)); });
      };
  draw("images/loss.svg", [&](const std::string& path) {
    return base::ReplaceFile(path, {LossChart(metrics)});
  });
  draw("images/figure2.svg", [&](const std::string& path) {
    const std::optional<std::string> figure =
        Figure2(metrics, base::PartName(experiment.regularizer()));
    return figure.has_value() ? base::ReplaceFile(path, {*figure})
                              : absl::OkStatus();
  });
  if (!pictures.has_value()) return;
  draw("images/reconstructions.png", [&](const std::string& path) {
    const std::optional<at::Tensor> picture = pictures->Draw(trainer.method());
    return picture.has_value() ? base::WritePng(path, *picture)
                               : absl::OkStatus();
  });
}

}  // namespace caldera::ssl
