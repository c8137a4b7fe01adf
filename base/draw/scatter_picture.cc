#include "base/draw/scatter_picture.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/color_map.h"
#include "base/draw/svg_text.h"

namespace caldera::base {
namespace {

constexpr double kWidth = kScatterWidth, kHeight = kScatterHeight;
constexpr double kPlot = 540, kLeft = 20, kTop = 44;
constexpr size_t kLegendEntries = 20;

int64_t LabelOf(const ScatterPoints& points, int64_t i) {
  return points.labels.defined() ? points.labels[i].item<int64_t>() : -1;
}

// Returns a radius in pixels; fewer points are drawn larger.
double Radius(int64_t n, double side) {
  return std::clamp(side / (4 * std::sqrt(static_cast<double>(n))), side / 500,
                    side / 100);
}

std::string Hex(const Rgb& rgb) {
  return absl::StrFormat("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

std::string Legend(const ScatterPoints& points,
                   const std::set<int64_t>& classes) {
  std::string svg;
  double y = kTop + 12;
  for (const int64_t label : classes) {
    absl::StrAppendFormat(
        &svg, "<circle cx=\"%.0f\" cy=\"%.0f\" r=\"5\" fill=\"%s\"/>\n",
        kLeft + kPlot + 20, y - 4, Hex(ClassColor(label)));
    absl::StrAppend(&svg, SvgText(kLeft + kPlot + 32, y, "start",
                                  Shortened(ClassName(points, label), 18)));
    y += 20;
  }
  return svg;
}

}  // namespace

at::Tensor ScatterPlaces(const at::Tensor& plane) {
  CHECK(plane.dim() == 2 && plane.size(1) == 2 && plane.size(0) >= 1);
  const at::Tensor xy = plane.to(at::kDouble);  // [N, 2]
  const at::Tensor low = xy.amin(0), high = xy.amax(0);
  // The longer side is filled.
  const double span = std::max((high - low).max().item<double>(), 1e-12);
  at::Tensor placed = (xy - (low + high) / 2) / span + 0.5;  // 0..1
  placed.select(1, 1).neg_().add_(1);                        // y downwards
  placed.select(1, 0).mul_(kPlot).add_(kLeft);
  placed.select(1, 1).mul_(kPlot).add_(kTop);
  return placed.contiguous();
}

std::string ClassName(const ScatterPoints& points, int64_t label) {
  if (label < 0) return "unknown";
  if (label < static_cast<int64_t>(points.class_names.size())) {
    return points.class_names[label];
  }
  return absl::StrCat("class ", label);
}

std::string ScatterSvg(const std::string& title, const std::string& caption,
                       const ScatterPoints& points) {
  const at::Tensor placed = ScatterPlaces(points.plane);
  const int64_t n = placed.size(0);
  const double* xy = placed.const_data_ptr<double>();
  const double radius = Radius(n, kPlot);
  std::string circles;
  std::set<int64_t> classes;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t label = LabelOf(points, i);
    if (classes.size() < kLegendEntries && points.labels.defined()) {
      classes.insert(label);
    }
    absl::StrAppendFormat(
        &circles, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n",
        xy[2 * i], xy[2 * i + 1], radius, Hex(ClassColor(label)));
  }
  return absl::StrCat(
      absl::StrFormat(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
          "width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" "
          "font-size=\"12\" fill=\"#222222\" role=\"img\">\n",
          kWidth, kHeight, kWidth, kHeight),
      "<title>", XmlEscaped(title),
      "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      SvgText(kWidth / 2, 26, "middle", title,
              " font-size=\"16\" font-weight=\"bold\""),
      "<g fill-opacity=\"0.7\">\n", circles, "</g>\n", Legend(points, classes),
      SvgText(kWidth / 2, kHeight - 14, "middle", caption), "</svg>\n");
}

}  // namespace caldera::base
