#include "ssl/train/loop/run_pictures.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/draw/line_chart.h"
#include "base/draw/png.h"
#include "base/part.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "ssl/train/monitor/metric_titles.h"
#include "ssl/train/monitor/reconstruction_pictures.h"

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

absl::Status DrawCharts(const std::vector<json>& metrics,
                        const std::string& regularizer,
                        const RunFolder& folder) {
  RETURN_IF_ERROR(
      base::ReplaceFile(folder.Path("images/loss.svg"), {LossChart(metrics)}));
  const std::optional<std::string> figure2 = Figure2(metrics, regularizer);
  if (!figure2.has_value()) return absl::OkStatus();
  return base::ReplaceFile(folder.Path("images/figure2.svg"), {*figure2});
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

absl::Status DrawRun(const Experiment& experiment, const RunFolder& folder,
                     Trainer& trainer, const at::Device& device) {
  RETURN_IF_ERROR(DrawCharts(trainer.metrics(),
                             base::PartName(experiment.regularizer()), folder));
  ASSIGN_OR_RETURN(const auto pictures,
                   ReconstructionPictures::Open(
                       experiment, trainer.data_info().splits, device));
  const std::optional<at::Tensor> picture = pictures.Draw(trainer.method());
  if (!picture.has_value()) return absl::OkStatus();
  return base::WritePng(folder.Path("images/reconstructions.png"), *picture);
}

}  // namespace caldera::ssl
