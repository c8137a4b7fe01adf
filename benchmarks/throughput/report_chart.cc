#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/draw/bar_chart.h"
#include "base/draw/line_chart.h"
#include "benchmarks/throughput/report.h"

namespace caldera::benchmarks {
namespace {

struct Measure {
  std::string name;
  std::function<std::optional<double>(const Row&)> value;
};

bool HasNumbers(const base::BarSeries& bars) {
  return std::any_of(bars.values.begin(), bars.values.end(),
                     [](const auto& value) { return value.has_value(); });
}

base::BarSeries OfAllRows(const Report& report, const Measure& measure) {
  base::BarSeries bars = {measure.name, {}};
  for (const Row& row : report.rows) bars.values.push_back(measure.value(row));
  return bars;
}

// Draws a group of bars for each method, with a bar for each measure.
std::optional<std::string> ByMethod(const Report& report,
                                    const std::string& title,
                                    const std::string& unit,
                                    const std::vector<Measure>& measures) {
  std::vector<std::string> groups;
  for (const Row& row : report.rows) groups.push_back(row.measured.name);
  std::vector<base::BarSeries> series;
  for (const Measure& measure : measures) {
    base::BarSeries bars = OfAllRows(report, measure);
    if (HasNumbers(bars)) series.push_back(std::move(bars));
  }
  if (series.empty()) return std::nullopt;
  return base::BarChartSvg(title, unit, groups, series);
}

// Draws a group of bars for each value of the varied field, with a bar for each
// method.
std::optional<std::string> ByValue(const Report& report,
                                   const std::string& title,
                                   const std::string& unit,
                                   const Measure& measure) {
  std::vector<std::string> groups;
  for (const Row& row : report.rows) {
    if (std::find(groups.begin(), groups.end(), row.measured.value) ==
        groups.end()) {
      groups.push_back(row.measured.value);
    }
  }
  std::vector<base::BarSeries> series;
  for (const Row& row : report.rows) {
    const auto value = measure.value(row);
    if (!value.has_value()) continue;
    auto bars = std::find_if(
        series.begin(), series.end(),
        [&](const base::BarSeries& s) { return s.name == row.measured.name; });
    if (bars == series.end()) {
      bars = series.insert(bars, {row.measured.name, {}});
      bars->values.resize(groups.size());
    }
    bars->values[std::find(groups.begin(), groups.end(), row.measured.value) -
                 groups.begin()] = value;
  }
  if (series.empty()) return std::nullopt;
  return base::BarChartSvg(absl::StrCat(title, " by ", report.vary), unit,
                           groups, series);
}

// Draws a panel. With a varied field it shows only the first measure that has
// numbers.
std::optional<std::string> Panel(const Report& report, const std::string& title,
                                 const std::string& unit,
                                 const std::vector<Measure>& measures) {
  if (report.vary.empty()) return ByMethod(report, title, unit, measures);
  for (const Measure& measure : measures) {
    if (HasNumbers(OfAllRows(report, measure))) {
      return ByValue(report, title, unit, measure);
    }
  }
  return std::nullopt;
}

std::optional<double> MedianOf(const std::optional<Spread>& spread) {
  if (!spread.has_value()) return std::nullopt;
  return spread->median;
}

std::optional<double> Gigabytes(const std::optional<int64_t>& bytes) {
  if (!bytes.has_value()) return std::nullopt;
  return 1e-9 * static_cast<double>(*bytes);
}

// Returns the paper's number beside ours on a GPU, and none on a CPU, where the
// paper's would dwarf ours.
std::optional<double> OfThePaper(const Row& row, double PaperRow::*number) {
  if (!row.measured.paper.has_value() || !row.peak.allocated.has_value()) {
    return std::nullopt;
  }
  return (*row.measured.paper).*number;
}

std::vector<Measure> TermShares(const Report& report) {
  std::set<std::string> names;
  for (const Row& row : report.rows) {
    for (const auto& [name, share] : row.terms) names.insert(name);
  }
  std::vector<Measure> measures;
  for (const std::string& name : names) {
    measures.push_back({name, [name](const Row& row) -> std::optional<double> {
                          const auto found = row.terms.find(name);
                          if (found == row.terms.end()) return std::nullopt;
                          return 100 * found->second;
                        }});
  }
  return measures;
}

}  // namespace

std::string ReportChart(const Report& report) {
  std::vector<std::optional<std::string>> panels;
  panels.push_back(
      Panel(report, "Throughput", "images a second",
            {{"one batch on the device",
              [](const Row& row) { return MedianOf(row.images_per_second); }},
             {"with the loader",
              [](const Row& row) { return MedianOf(row.with_loader); }},
             {"the paper", [](const Row& row) {
                return OfThePaper(row, &PaperRow::images_per_second);
              }}}));
  panels.push_back(
      Panel(report, "The loader alone", "images a second",
            {{"loader", [](const Row& row) { return row.loader_alone; }}}));
  panels.push_back(Panel(
      report, "Peak memory", "GB",
      {{"allocated",
        [](const Row& row) { return Gigabytes(row.peak.allocated); }},
       {"reserved",
        [](const Row& row) { return Gigabytes(row.peak.reserved); }},
       {"resident",
        [](const Row& row) { return Gigabytes(row.peak.resident_growth); }},
       {"the paper", [](const Row& row) {
          return OfThePaper(row, &PaperRow::gigabytes);
        }}}));
  for (const Measure& share : TermShares(report)) {
    panels.push_back(Panel(
        report, absl::StrCat("Share of a step: ", share.name), "%", {share}));
  }
  std::vector<std::string> charts;
  for (auto& panel : panels) {
    if (panel.has_value()) charts.push_back(*std::move(panel));
  }
  return base::StackCharts(charts);
}

}  // namespace caldera::benchmarks
