// Draws coloured scatter plots side by side, as one self-contained SVG.
//
//   std::string svg = ScatterPanelsSvg({{"before", {"loss 3"}, xy, colour}});
#ifndef CALDERA_BASE_DRAW_SCATTER_PANELS_H_
#define CALDERA_BASE_DRAW_SCATTER_PANELS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace caldera::base {

struct ScatterPanel {
  std::string title;               // plain text
  std::vector<std::string> notes;  // lines below the plot
  at::Tensor points;               // [N, 2] double; scaled to fill the panel
  at::Tensor colour;               // [N] double in 0 to 1, drawn in viridis
};

// Returns a complete <svg> element. Texts are escaped; both axes of a panel
// have one scale.
std::string ScatterPanelsSvg(const std::vector<ScatterPanel>& panels);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_SCATTER_PANELS_H_
