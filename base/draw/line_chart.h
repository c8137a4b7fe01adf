// A line chart as SVG, for reports.
//
//   std::string svg = LineChartSvg("Loss", "epoch", "loss",
//                                  {{"MAE", {0, 1, 2}, {1.0, 0.6, 0.5}}});
//
// White background and dark ink, so that it reads the same on a light and on a
// dark page; colours that the colour-blind can tell apart (Okabe and Ito).
//
// Caveats: points that are not finite are left out and break their line. Over
// eight series, colours come again with dashes.
#ifndef CALDERA_BASE_DRAW_LINE_CHART_H_
#define CALDERA_BASE_DRAW_LINE_CHART_H_

#include <string>
#include <vector>

namespace caldera::base {

struct Series {
  std::string name;
  std::vector<double> x, y;  // the longer one's rest is not drawn
};

// A complete <svg> element, 720 x 440. Every text is escaped.
std::string LineChartSvg(const std::string& title, const std::string& x_label,
                         const std::string& y_label,
                         const std::vector<Series>& series);

// Charts of LineChartSvg below one another, as one <svg> element.
std::string StackCharts(const std::vector<std::string>& charts);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_LINE_CHART_H_
