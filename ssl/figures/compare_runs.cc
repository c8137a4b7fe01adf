#include "ssl/figures/compare_runs.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "eval/figures/line_chart.h"

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

absl::StatusOr<RunCourse> ReadCourse(const std::string& name,
                                     const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  RunCourse course{name, {}};
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    nlohmann::json row = nlohmann::json::parse(line, /*cb=*/nullptr,
                                               /*allow_exceptions=*/false);
    if (row.is_object()) {
      course.rows.push_back(std::move(row));
    } else if (!file.eof()) {  // the last line has no end yet
      return absl::DataLossError(
          absl::StrCat(path, ":", number, ": no JSON object"));
    }
  }
  return course;
}

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
