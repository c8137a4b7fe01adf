#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/draw/axis_ticks.h"
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

// The values of the varied field in their order, and what each method measures
// there.
struct ByValue {
  std::vector<std::string> values;
  std::vector<base::BarSeries> methods;  // one number a value
};

ByValue GroupByValue(const Report& report, const Measure& measure) {
  ByValue found;
  for (const Row& row : report.rows) {
    if (std::find(found.values.begin(), found.values.end(),
                  row.measured.value) == found.values.end()) {
      found.values.push_back(row.measured.value);
    }
  }
  for (const Row& row : report.rows) {
    const auto value = measure.value(row);
    if (!value.has_value()) continue;
    auto bars = std::find_if(
        found.methods.begin(), found.methods.end(),
        [&](const base::BarSeries& s) { return s.name == row.measured.name; });
    if (bars == found.methods.end()) {
      bars = found.methods.insert(bars, {row.measured.name, {}});
      bars->values.resize(found.values.size());
    }
    bars->values[std::find(found.values.begin(), found.values.end(),
                           row.measured.value) -
                 found.values.begin()] = value;
  }
  return found;
}

// Values that span at least this ratio stand on a logarithmic axis.
constexpr double kLogarithmicFrom = 8;

// Returns where values stand on a continuous axis, which they label; none if
// they are not numbers in ascending order, or are only one.
std::optional<base::AxisTicks> Places(const std::vector<std::string>& values) {
  base::AxisTicks ticks;
  for (const std::string& text : values) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) return {};
    if (!ticks.values.empty() && value <= ticks.values.back()) return {};
    ticks.values.push_back(value);
  }
  if (values.size() < 2) return {};
  ticks.labels = values;
  if (ticks.values.front() > 0 &&
      ticks.values.back() >= kLogarithmicFrom * ticks.values.front()) {
    for (double& value : ticks.values) value = std::log2(value);
  }
  return ticks;
}

// Draws a measure by the varied field: a line for each method where its values
// are numbers, else a group of bars for each value.
std::optional<std::string> DrawByValue(const Report& report,
                                       const std::string& title,
                                       const std::string& unit,
                                       const Measure& measure) {
  const ByValue found = GroupByValue(report, measure);
  if (found.methods.empty()) return std::nullopt;
  const std::string heading = absl::StrCat(title, " by ", report.vary);
  const auto places = Places(found.values);
  if (!places.has_value()) {
    return base::BarChartSvg(heading, unit, found.values, found.methods);
  }
  std::vector<base::Series> lines;
  for (const base::BarSeries& method : found.methods) {
    base::Series line = {method.name, places->values, {}};
    for (const auto& value : method.values) {
      line.y.push_back(value.value_or(NAN));
    }
    lines.push_back(std::move(line));
  }
  base::LineChartStyle style;
  style.x_ticks = *places;
  style.from_zero = style.dots = true;
  return base::LineChartSvg(heading, report.vary, unit, lines, style);
}

// Draws a panel. With a varied field it shows only the first measure that has
// numbers.
std::optional<std::string> Panel(const Report& report, const std::string& title,
                                 const std::string& unit,
                                 const std::vector<Measure>& measures) {
  if (report.vary.empty()) return ByMethod(report, title, unit, measures);
  for (const Measure& measure : measures) {
    if (HasNumbers(OfAllRows(report, measure))) {
      return DrawByValue(report, title, unit, measure);
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
