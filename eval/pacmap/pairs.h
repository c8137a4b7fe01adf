// Chooses the pairs of points that PaCMAP pulls together and pushes apart (Wang
// et al., JMLR 2021, section 4).
//
//   PacmapPairs pairs = ChoosePairs(x, counts, {}, /*seed=*/0);
//   pairs.neighbours[i * counts.neighbours];  // a partner of point i
#ifndef CALDERA_EVAL_PACMAP_PAIRS_H_
#define CALDERA_EVAL_PACMAP_PAIRS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eval/pacmap/self_neighbours.h"

namespace caldera::eval {

// Partners of each point.
struct PairCounts {
  int64_t neighbours = 10;  // near ones, kept close
  int64_t mid_near = 5;     // of the second rank, for the global shape
  int64_t further = 20;     // at random, pushed apart
};

// Returns the counts for n points. neighbours 0 is the authors' choice, 10 up
// to 10,000 points and 10 + 15 (log10(n) - 4) beyond; mn_ratio and fp_ratio are
// shares of it. Where a point would have more partners than there are points,
// all counts are reduced alike.
PairCounts CountsFor(int64_t n, int64_t neighbours, double mn_ratio,
                     double fp_ratio);

// Row-major [N, count] each: the partners of point i, which is never among
// them.
struct PacmapPairs {
  PairCounts counts;
  std::vector<int32_t> neighbours, mid_near, further;
};

// x: float [N, D], contiguous, on the CPU. Returns as neighbours the nearest by
// |xi - xj|^2 / (s_i s_j), s_i the mean distance of i to its fourth to sixth
// nearest, among the 50 + count nearest. A mid-near partner is the second
// nearest of six random points; further ones are random points that are not
// neighbours. The result is a function of x and seed for any number of threads.
// CHECK: N is more than the sum of the counts.
PacmapPairs ChoosePairs(const at::Tensor& x, const PairCounts& counts,
                        const SelfNeighboursOptions& options, uint64_t seed);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PACMAP_PAIRS_H_
