// Coloured scatter plots side by side, as one self-contained SVG.
//
//   std::string svg = magma::ScatterSvg({{"before", {"loss 3"}, xy, colour}});
#ifndef CALDERA_MAGMA_DEMO_SCATTER_SVG_H_
#define CALDERA_MAGMA_DEMO_SCATTER_SVG_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace caldera::magma {

struct ScatterPanel {
  std::string title;               // plain text
  std::vector<std::string> notes;  // lines below the plot
  at::Tensor points;               // [N, 2] double; scaled to fill the panel
  at::Tensor colour;               // [N] double in 0 to 1: dark blue to yellow
};

std::string ScatterSvg(const std::vector<ScatterPanel>& panels);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_DEMO_SCATTER_SVG_H_
