#include "base/draw/bar_chart.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/axis_ticks.h"
#include "base/draw/svg_text.h"

namespace caldera::base {
namespace {

constexpr double kWidth = 720, kHeight = 440;
constexpr double kLeft = 76, kRight = 20, kTop = 70, kBottom = 40;
constexpr size_t kLongestName = 24;
// The colours of Okabe and Ito, which colour-blind readers can distinguish.
constexpr std::array<const char*, 8> kColours = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7",
    "#e69f00", "#56b4e9", "#000000", "#999933"};

std::string Line(double x1, double y1, double x2, double y2,
                 const char* colour) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
      "stroke=\"%s\"/>\n",
      x1, y1, x2, y2, colour);
}

std::string Bar(double x, double y, double width, double height,
                size_t number) {
  return absl::StrFormat(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
      "fill=\"%s\"/>\n",
      x, y, width, height, kColours[number % kColours.size()]);
}

// Prints three digits, or all digits before the point.
std::string Label(double value) {
  if (value >= 999.5) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3g", value);
}

// Draws the legend in one line above the plot.
std::string Legend(const std::vector<BarSeries>& series) {
  std::string svg;
  const double room =
      (kWidth - kLeft - kRight) / std::max<size_t>(1, series.size());
  for (size_t s = 0; s < series.size(); ++s) {
    const double x = kLeft + room * static_cast<double>(s);
    absl::StrAppend(&svg, Bar(x, kTop - 26, 12, 12, s),
                    SvgText(x + 18, kTop - 16, "start",
                            Shortened(series[s].name, kLongestName)));
  }
  return svg;
}

}  // namespace

std::string BarChartSvg(const std::string& title, const std::string& y_label,
                        const std::vector<std::string>& groups,
                        const std::vector<BarSeries>& series) {
  const double right = kWidth - kRight, bottom = kHeight - kBottom;
  double highest = 0;
  for (const BarSeries& s : series) {
    for (const auto& value : s.values) {
      highest = std::max(highest, value.value_or(0));
    }
  }
  const AxisTicks ticks = RoundTicks(0, highest, 6);
  const auto height_of = [&](double value) {
    return (bottom - kTop) * value / ticks.values.back();
  };
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#222222\" role=\"img\">\n<title>%s</title>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      kWidth, kHeight, kWidth, kHeight, XmlEscaped(title));
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double y = bottom - height_of(ticks.values[i]);
    absl::StrAppend(&svg, Line(kLeft, y, right, y, "#e5e5e5"),
                    SvgText(kLeft - 8, y + 4, "end", ticks.labels[i]));
  }
  const double group =
      (right - kLeft) / static_cast<double>(std::max<size_t>(1, groups.size()));
  const double bar =
      0.8 * group / static_cast<double>(std::max<size_t>(1, series.size()));
  for (size_t g = 0; g < groups.size(); ++g) {
    const double left = kLeft + group * (static_cast<double>(g) + 0.1);
    for (size_t s = 0; s < series.size(); ++s) {
      if (g >= series[s].values.size() || !series[s].values[g].has_value()) {
        continue;
      }
      const double value = *series[s].values[g];
      const double x = left + bar * static_cast<double>(s);
      const double y = bottom - height_of(value);
      absl::StrAppend(&svg, Bar(x, y, 0.92 * bar, bottom - y, s),
                      SvgText(x + bar / 2, y - 4, "middle", Label(value),
                              " font-size=\"10\""));
    }
    absl::StrAppend(&svg, SvgText(left + 0.4 * group, bottom + 18, "middle",
                                  Shortened(groups[g], 20)));
  }
  const double middle = (kTop + bottom) / 2;
  absl::StrAppend(
      &svg, Line(kLeft, bottom, right, bottom, "#222222"), Legend(series),
      SvgText(kWidth / 2, 26, "middle", title,
              " font-size=\"16\" font-weight=\"bold\""),
      SvgText(18, middle, "middle", y_label,
              absl::StrFormat(" transform=\"rotate(-90 18 %.1f)\"", middle)),
      "</svg>\n");
  return svg;
}

}  // namespace caldera::base
