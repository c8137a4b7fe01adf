// Draws points in the plane, coloured by class (MAGMA, figure 4), as SVG.
//
//   ScatterPoints points = {plane, labels, {"shirt", "bag"}};
//   std::string svg = ScatterSvg("m_mae", "PaCMAP of 10,000 images", points);
//
// Both axes have one scale and no ticks: PaCMAP's coordinates have no meaning,
// only the neighbourhoods have.
#ifndef CALDERA_BASE_DRAW_SCATTER_PICTURE_H_
#define CALDERA_BASE_DRAW_SCATTER_PICTURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace caldera::base {

struct ScatterPoints {
  at::Tensor plane;   // [N, 2], finite, N >= 1, on the CPU
  at::Tensor labels;  // int64 [N], below 0: unknown (grey); undefined: all grey
  std::vector<std::string> class_names;  // missing ones become "class 3"
};

// Returns a complete <svg> element, 720 x 640, with a title, a caption below
// and a legend of the first twenty classes that occur. Texts are escaped.
std::string ScatterSvg(const std::string& title, const std::string& caption,
                       const ScatterPoints& points);

inline constexpr int kScatterWidth = 720, kScatterHeight = 640;

// Returns where ScatterSvg draws the points, in pixels from the upper left
// corner: x and y, double [N, 2].
at::Tensor ScatterPlaces(const at::Tensor& plane);

// Returns the name of a class as the legend has it.
std::string ClassName(const ScatterPoints& points, int64_t label);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_SCATTER_PICTURE_H_
