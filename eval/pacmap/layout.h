// PaCMAP's layout: chosen pairs pull and push points in the plane.
//
//   std::vector<float> y = ...;  // [N, 2], where the points start
//   LayOut(pairs, {}, y);
//
// The loss over pairs with d = 1 + |yi - yj|^2 is w_near d / (10 + d)
// + w_mid d / (10000 + d) + w_far / (1 + d); Adam with rate 1 lowers it over
// three phases of weights (Wang et al., JMLR 2021, section 4.3 and table 1; the
// constants are those of the authors' code).
//
// Each point sums the forces of all pairs that it belongs to, no matter which
// of the two points chose the other: no two threads write to one point, and
// every number of threads gives the same bits.
#ifndef CALDERA_EVAL_PACMAP_LAYOUT_H_
#define CALDERA_EVAL_PACMAP_LAYOUT_H_

#include <array>
#include <cstdint>
#include <vector>

#include "eval/pacmap/pairs.h"

namespace caldera::eval {

struct LayoutOptions {
  std::array<int, 3> iterations = {100, 100, 250};  // of the three phases
  double learning_rate = 1;
};

// The weights of an iteration; iterations count from 0.
struct PairWeights {
  double neighbours = 0, mid_near = 0, further = 0;
};
PairWeights WeightsAt(int iteration, const std::array<int, 3>& iterations);

// Moves y, [N, 2].
void LayOut(const PacmapPairs& pairs, const LayoutOptions& options,
            std::vector<float>& y);

// Returns the loss of y, [N, 2], in double, which LayOut lowers.
double LayoutLoss(const PacmapPairs& pairs, const PairWeights& weights,
                  const std::vector<double>& y);

// Returns the gradient of the loss as LayOut computes it, [N, 2].
std::vector<float> LayoutGradient(const PacmapPairs& pairs,
                                  const PairWeights& weights,
                                  const std::vector<float>& y);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PACMAP_LAYOUT_H_
