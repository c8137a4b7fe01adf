#include "base/draw/scatter_panels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/color_map.h"
#include "base/draw/svg_text.h"

namespace caldera::base {
namespace {

constexpr double kPanel = 300;   // side of a plot, pixels
constexpr double kMargin = 16;   // around it
constexpr double kTitle = 28;    // height above it
constexpr double kNote = 17;     // height of a line below it
constexpr double kRadius = 2.6;  // of a point

// Draws the panel with the upper left corner of its plot at (left, top).
std::string Panel(const ScatterPanel& panel, double left, double top) {
  std::string svg = absl::StrFormat(
      "<text x=\"%.0f\" y=\"%.0f\" font-size=\"14\" font-weight=\"bold\">%s"
      "</text>\n<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" "
      "fill=\"#fafafa\" stroke=\"#ccc\"/>\n",
      left, top - 9, XmlEscaped(panel.title), left, top, kPanel, kPanel);
  const at::Tensor points = panel.points.contiguous();  // [N, 2]
  const at::Tensor rgb =
      Viridis(panel.colour.view({1, -1})).view({3, -1});  // uint8 [3, N]
  const int64_t count = points.size(0);
  const uint8_t* channel = rgb.const_data_ptr<uint8_t>();
  const double* xy = points.data_ptr<double>();
  std::array<double, 2> low = {INFINITY, INFINITY};
  std::array<double, 2> high = {-INFINITY, -INFINITY};
  for (int64_t i = 0; i < points.numel(); ++i) {
    low[i % 2] = std::min(low[i % 2], xy[i]);
    high[i % 2] = std::max(high[i % 2], xy[i]);
  }
  // One scale for both axes, the shorter one centred.
  const double span =
      std::max({high[0] - low[0], high[1] - low[1], 1e-300}) * 1.08;
  for (int64_t i = 0; i < count; ++i) {
    std::array<double, 2> at;
    for (size_t c = 0; c < 2; ++c) {
      at[c] = ((xy[2 * i + c] - (low[c] + high[c]) / 2) / span + 0.5) * kPanel;
    }
    absl::StrAppendFormat(&svg,
                          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" "
                          "fill=\"#%02x%02x%02x\"/>\n",
                          left + at[0], top + kPanel - at[1], kRadius,
                          channel[i], channel[count + i],
                          channel[2 * count + i]);
  }
  for (size_t line = 0; line < panel.notes.size(); ++line) {
    absl::StrAppendFormat(
        &svg, "<text x=\"%.0f\" y=\"%.0f\" font-size=\"12\">%s</text>\n", left,
        top + kPanel + kNote * static_cast<double>(line + 1),
        XmlEscaped(panel.notes[line]));
  }
  return svg;
}

}  // namespace

std::string ScatterPanelsSvg(const std::vector<ScatterPanel>& panels) {
  size_t notes = 0;
  for (const ScatterPanel& panel : panels) {
    notes = std::max(notes, panel.notes.size());
  }
  const double width =
      static_cast<double>(panels.size()) * (kPanel + kMargin) + kMargin;
  const double height =
      kTitle + kPanel + kNote * static_cast<double>(notes) + kMargin;
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
      "height=\"%.0f\" font-family=\"sans-serif\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      width, height);
  double left = kMargin;
  for (const ScatterPanel& panel : panels) {
    absl::StrAppend(&svg, Panel(panel, left, kTitle));
    left += kPanel + kMargin;
  }
  absl::StrAppend(&svg, "</svg>\n");
  return svg;
}

}  // namespace caldera::base
