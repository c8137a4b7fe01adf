// Draws a line chart as SVG, for reports.
//
//   std::string svg = LineChartSvg("Loss", "epoch", "loss",
//                                  {{"MAE", {0, 1, 2}, {1.0, 0.6, 0.5}}});
//
// The background is white and the ink dark, so that the chart reads the same on
// a light and on a dark page; colour-blind readers can distinguish the colours
// (Okabe and Ito).
//
// Caveats: points that are not finite are left out and break their line. Beyond
// eight series, colours repeat with dashes. The legend stands in the corner
// with the fewest points and may cover some of them.
#ifndef CALDERA_BASE_DRAW_LINE_CHART_H_
#define CALDERA_BASE_DRAW_LINE_CHART_H_

#include <string>
#include <vector>

#include "base/draw/axis_ticks.h"

namespace caldera::base {

struct Series {
  std::string name;
  std::vector<double> x, y;  // drawn up to the end of the shorter one
  // Drawn as a broad pale band, on which other curves can be seen: for a sum
  // that is close to one of its parts.
  bool broad = false;
};

struct LineChartStyle {
  // Where the horizontal axis is labelled, at least two places in ascending
  // order, which bound it; none: round numbers.
  AxisTicks x_ticks;
  bool from_zero = false;  // the vertical axis begins at 0
  bool dots = false;       // each point is marked
};

// Returns a complete <svg> element, 720 x 440. Every text is escaped.
std::string LineChartSvg(const std::string& title, const std::string& x_label,
                         const std::string& y_label,
                         const std::vector<Series>& series,
                         const LineChartStyle& style = {});

// Returns charts of LineChartSvg below one another, as one <svg> element.
std::string StackCharts(const std::vector<std::string>& charts);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_LINE_CHART_H_
