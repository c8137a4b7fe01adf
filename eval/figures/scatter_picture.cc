#include "eval/figures/scatter_picture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "eval/figures/color_map.h"
#include "eval/figures/svg_text.h"

namespace caldera::eval {
namespace {

constexpr double kWidth = 720, kHeight = 640;
constexpr double kPlot = 540, kLeft = 20, kTop = 44;
constexpr size_t kLegendEntries = 20;

int64_t LabelOf(const ScatterPoints& points, int64_t i) {
  return points.labels.defined() ? points.labels[i].item<int64_t>() : -1;
}

// [N, 2] in 0..1, y downwards, the longer side filled.
at::Tensor Placed(const at::Tensor& plane) {
  CHECK(plane.dim() == 2 && plane.size(1) == 2 && plane.size(0) >= 1);
  const at::Tensor xy = plane.to(at::kDouble);  // [N, 2]
  const at::Tensor low = xy.amin(0), high = xy.amax(0);
  const double span = std::max((high - low).max().item<double>(), 1e-12);
  at::Tensor placed = (xy - (low + high) / 2) / span + 0.5;
  placed.select(1, 1).neg_().add_(1);
  return placed.contiguous();
}

// Fewer points are drawn larger.
double Radius(int64_t n, double side) {
  return std::clamp(side / (4 * std::sqrt(static_cast<double>(n))), side / 500,
                    side / 100);
}

std::string Hex(const Rgb& rgb) {
  return absl::StrFormat("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

std::string NameOf(const ScatterPoints& points, int64_t label) {
  if (label < 0) return "unknown";
  if (label < static_cast<int64_t>(points.class_names.size())) {
    return points.class_names[label];
  }
  return absl::StrCat("class ", label);
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
                                  Shortened(NameOf(points, label), 18)));
    y += 20;
  }
  return svg;
}

}  // namespace

std::string ScatterSvg(const std::string& title, const std::string& caption,
                       const ScatterPoints& points) {
  const at::Tensor placed = Placed(points.plane);
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
        kLeft + kPlot * xy[2 * i], kTop + kPlot * xy[2 * i + 1], radius,
        Hex(ClassColor(label)));
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

at::Tensor ScatterPixels(const ScatterPoints& points, int64_t side) {
  CHECK_GE(side, 16);
  const at::Tensor placed = Placed(points.plane);
  const int64_t n = placed.size(0);
  const double* xy = placed.const_data_ptr<double>();
  at::Tensor pixels = at::full({3, side, side}, 255, at::kByte);
  auto* out = pixels.mutable_data_ptr<uint8_t>();
  const double margin = 0.02 * static_cast<double>(side);
  const double plot = static_cast<double>(side) - 2 * margin;
  const double radius = Radius(n, plot);
  const auto reach = static_cast<int64_t>(std::ceil(radius));
  for (int64_t i = 0; i < n; ++i) {
    const Rgb color = ClassColor(LabelOf(points, i));
    const double x = margin + plot * xy[2 * i];
    const double y = margin + plot * xy[2 * i + 1];
    const auto column = static_cast<int64_t>(x), row = static_cast<int64_t>(y);
    for (int64_t r = row - reach; r <= row + reach; ++r) {
      for (int64_t c = column - reach; c <= column + reach; ++c) {
        const double dx = static_cast<double>(c) + 0.5 - x;
        const double dy = static_cast<double>(r) + 0.5 - y;
        if (r < 0 || c < 0 || r >= side || c >= side ||
            dx * dx + dy * dy > radius * radius) {
          continue;
        }
        for (int64_t channel = 0; channel < 3; ++channel) {
          out[(channel * side + r) * side + c] = color[channel];
        }
      }
    }
  }
  return pixels;
}

}  // namespace caldera::eval
