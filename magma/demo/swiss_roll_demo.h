// Shows the effect of the manifold loss: a Swiss roll is the reference layer,
// the same points in random order are the target layer, and gradient descent on
// the loss alone restores the order.
//
//   SwissRollDemo demo = RunSwissRollDemo(/*points=*/600, /*seed=*/1);
//   std::string svg = base::ScatterPanelsSvg(demo.panels);
#ifndef CALDERA_MAGMA_DEMO_SWISS_ROLL_DEMO_H_
#define CALDERA_MAGMA_DEMO_SWISS_ROLL_DEMO_H_

#include <cstdint>
#include <vector>

#include "base/draw/scatter_panels.h"

namespace caldera::magma {

struct SwissRollDemo {
  // Four panels: the roll; the shuffled points; the points after descent with
  // the published kernel; those after descent with a local kernel, which
  // unrolls.
  std::vector<base::ScatterPanel> panels;
  // The correlation of the distances between points with those in the roll, for
  // the last three panels (the paper claims that the term raises it).
  double before, published, local;
  // The correlation of the local kernel's distances with those along the
  // unrolled sheet.
  double unrolled;
};

// Draws `points` points with this seed and runs both descents.
SwissRollDemo RunSwissRollDemo(int64_t points, uint64_t seed);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_DEMO_SWISS_ROLL_DEMO_H_
