#include "base/draw/line_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/svg_text.h"

namespace caldera::base {
namespace {

constexpr double kWidth = 720, kHeight = 440;
constexpr double kLeft = 76, kRight = 20, kTop = 44, kBottom = 56;
constexpr double kLegendLine = 18;
// The legend's distance to the edges of the plot, and that within which a point
// is near it: points on the edges are.
constexpr double kMargin = 8, kNear = 10;
constexpr size_t kLongestName = 32;  // bytes that fit the legend
constexpr std::array<const char*, 8> kColours = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7",
    "#e69f00", "#56b4e9", "#000000", "#999933"};

std::string Segment(double x1, double y1, double x2, double y2,
                    const char* colour) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
      "stroke=\"%s\"/>\n",
      x1, y1, x2, y2, colour);
}

size_t Points(const Series& s) { return std::min(s.x.size(), s.y.size()); }

bool Drawable(const Series& s, size_t i) {
  return std::isfinite(s.x[i]) && std::isfinite(s.y[i]);
}

// Maps values to pixels in one direction of the plot.
struct Axis {
  AxisTicks ticks;
  double from, to;  // pixels of the first and the last tick

  double At(double value) const {
    const double low = ticks.values.front(), high = ticks.values.back();
    // Halves, as high - low may overflow.
    const double share = (value / 2 - low / 2) / (high / 2 - low / 2);
    return from + std::clamp(share, 0., 1.) * (to - from);
  }
};

Axis MakeAxis(const std::vector<Series>& series,
              const std::vector<double> Series::*values, int count, double from,
              double to, bool from_zero = false) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& s : series) {
    for (size_t i = 0; i < Points(s); ++i) {
      if (!Drawable(s, i)) continue;
      low = std::min(low, (s.*values)[i]);
      high = std::max(high, (s.*values)[i]);
    }
  }
  if (low > high) low = 0, high = 1;  // nothing to draw
  if (from_zero) low = std::min(low, 0.), high = std::max(high, 0.);
  return {RoundTicks(low, high, count), from, to};
}

std::string Dashes(size_t number) {
  return number < kColours.size() ? "" : " stroke-dasharray=\"6 4\"";
}

std::string Dot(double x, double y, const char* colour) {
  return absl::StrFormat(
      "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"3\" fill=\"%s\"/>\n", x, y, colour);
}

std::string Stroke(const Series& s) {
  return s.broad ? "stroke-width=\"8\" stroke-opacity=\"0.4\""
                 : "stroke-width=\"2\"";
}

// Draws the series as unbroken runs of points; a run of one point is a dot.
std::string Lines(const Series& s, size_t number, const Axis& x, const Axis& y,
                  bool dots) {
  const char* colour = kColours[number % kColours.size()];
  std::string svg, points;
  size_t run = 0;
  double last_x = 0, last_y = 0;
  const auto finish = [&] {
    if (run == 1) {
      absl::StrAppend(&svg, Dot(last_x, last_y, colour));
    } else if (run > 1) {
      absl::StrAppendFormat(&svg,
                            "<polyline points=\"%s\" fill=\"none\" "
                            "stroke=\"%s\" %s stroke-linejoin=\"round\"%s/>\n",
                            points, colour, Stroke(s), Dashes(number));
    }
    run = 0;
    points.clear();
  };
  for (size_t i = 0; i < Points(s); ++i) {
    if (!Drawable(s, i)) {
      finish();
      continue;
    }
    last_x = x.At(s.x[i]);
    last_y = y.At(s.y[i]);
    absl::StrAppendFormat(&points, "%s%.2f,%.2f", run == 0 ? "" : " ", last_x,
                          last_y);
    if (dots) absl::StrAppend(&svg, Dot(last_x, last_y, colour));
    ++run;
  }
  finish();
  return svg;
}

// A corner of the plot in which the legend may stand.
struct Corner {
  double left, top;  // pixels, of the legend
};

// Returns the corner with the fewest points, the upper right one of equals.
Corner EmptiestCorner(const std::vector<Series>& series, const Axis& x,
                      const Axis& y, double width, double height) {
  const double right = kWidth - kRight - width - kMargin,
               left = kLeft + kMargin;
  const double top = kTop + kMargin;
  const double bottom = kHeight - kBottom - height - kMargin;
  Corner emptiest = {right, top};
  size_t fewest = std::numeric_limits<size_t>::max();
  for (const Corner& corner : {Corner{right, top}, Corner{left, top},
                               Corner{right, bottom}, Corner{left, bottom}}) {
    size_t points = 0;
    for (const Series& s : series) {
      for (size_t i = 0; i < Points(s); ++i) {
        if (!Drawable(s, i)) continue;
        const double dx = x.At(s.x[i]) - corner.left;
        const double dy = y.At(s.y[i]) - corner.top;
        points += dx > -kNear && dx < width + kNear && dy > -kNear &&
                  dy < height + kNear;
      }
    }
    if (points >= fewest) continue;
    fewest = points;
    emptiest = corner;
  }
  return emptiest;
}

// Draws the legend half-transparent, so that it hides no curve.
std::string Legend(const std::vector<Series>& series, const Axis& x,
                   const Axis& y) {
  if (series.empty()) return "";
  size_t longest = 0;
  for (const Series& s : series) {
    longest = std::max(longest, Shortened(s.name, kLongestName).size());
  }
  const double width = 46 + 7.2 * longest;
  const double height = kLegendLine * static_cast<double>(series.size()) + 8;
  const auto [left, top] = EmptiestCorner(series, x, y, width, height);
  std::string svg = absl::StrFormat(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
      "fill=\"#ffffff\" fill-opacity=\"0.85\" stroke=\"#cccccc\"/>\n",
      left, top, width, height);
  for (size_t i = 0; i < series.size(); ++i) {
    const double middle = top + 4 + kLegendLine * (i + 0.5);
    absl::StrAppendFormat(&svg,
                          "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                          "y2=\"%.1f\" stroke=\"%s\" %s%s/>\n",
                          left + 8, middle, left + 32, middle,
                          kColours[i % kColours.size()], Stroke(series[i]),
                          Dashes(i));
    absl::StrAppend(&svg, SvgText(left + 38, middle + 4, "start",
                                  Shortened(series[i].name, kLongestName)));
  }
  return svg;
}

}  // namespace

std::string LineChartSvg(const std::string& title, const std::string& x_label,
                         const std::string& y_label,
                         const std::vector<Series>& series,
                         const LineChartStyle& style) {
  const double right = kWidth - kRight, bottom = kHeight - kBottom;
  const Axis x = style.x_ticks.values.size() > 1
                     ? Axis{style.x_ticks, kLeft, right}
                     : MakeAxis(series, &Series::x, 8, kLeft, right);
  const Axis y = MakeAxis(series, &Series::y, 6, bottom, kTop, style.from_zero);
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#222222\" role=\"img\">\n<title>%s</title>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      kWidth, kHeight, kWidth, kHeight, XmlEscaped(title));
  for (size_t i = 0; i < x.ticks.values.size(); ++i) {
    const double at = x.At(x.ticks.values[i]);
    absl::StrAppend(&svg, Segment(at, kTop, at, bottom, "#e5e5e5"),
                    SvgText(at, bottom + 18, "middle", x.ticks.labels[i]));
  }
  for (size_t i = 0; i < y.ticks.values.size(); ++i) {
    const double at = y.At(y.ticks.values[i]);
    absl::StrAppend(&svg, Segment(kLeft, at, right, at, "#e5e5e5"),
                    SvgText(kLeft - 8, at + 4, "end", y.ticks.labels[i]));
  }
  absl::StrAppend(&svg, Segment(kLeft, bottom, right, bottom, "#222222"),
                  Segment(kLeft, kTop, kLeft, bottom, "#222222"));
  for (size_t i = 0; i < series.size(); ++i) {
    absl::StrAppend(&svg, Lines(series[i], i, x, y, style.dots));
  }
  const double middle = (kTop + bottom) / 2;
  absl::StrAppend(
      &svg, Legend(series, x, y),
      SvgText(kWidth / 2, 26, "middle", title,
              " font-size=\"16\" font-weight=\"bold\""),
      SvgText((kLeft + right) / 2, kHeight - 14, "middle", x_label),
      SvgText(18, middle, "middle", y_label,
              absl::StrFormat(" transform=\"rotate(-90 18 %.1f)\"", middle)),
      "</svg>\n");
  return svg;
}

std::string StackCharts(const std::vector<std::string>& charts) {
  const double height = kHeight * static_cast<double>(charts.size());
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "width=\"%.0f\" height=\"%.0f\">\n",
      kWidth, height, kWidth, height);
  for (size_t i = 0; i < charts.size(); ++i) {
    absl::StrAppendFormat(&svg, "<g transform=\"translate(0 %.0f)\">\n%s</g>\n",
                          kHeight * static_cast<double>(i), charts[i]);
  }
  return svg + "</svg>\n";
}

}  // namespace caldera::base
