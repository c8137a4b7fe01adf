// Draws groups of bars as SVG.
//
//   std::string svg = BarChartSvg("Throughput", "img/s", {"MAE", "M-MAE"},
//                                 {{"resident", {489, 481}}});
//
// The chart has the size and colours of line charts, so that both can be
// stacked (StackCharts). Bars begin at 0 and are labelled with their value.
#ifndef CALDERA_BASE_DRAW_BAR_CHART_H_
#define CALDERA_BASE_DRAW_BAR_CHART_H_

#include <optional>
#include <string>
#include <vector>

namespace caldera::base {

struct BarSeries {
  std::string name;
  // One value >= 0 per group; none: no bar.
  std::vector<std::optional<double>> values;
};

// Returns a complete <svg> element, 720 x 440. Every text is escaped.
std::string BarChartSvg(const std::string& title, const std::string& y_label,
                        const std::vector<std::string>& groups,
                        const std::vector<BarSeries>& series);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_BAR_CHART_H_
