// Finds the nearest neighbours of each row among the other rows.
//
//   SelfNeighbours found = FindSelfNeighbours(x, 60, {});
//   found.index[i * 60];  // the row nearest to row i
//
// The search is exact, by blocked products, up to a size; beyond it a graph
// index (HNSW, Malkov and Yashunin 2018; hnswlib) finds nearly all of them in a
// fraction of the time. Both are deterministic: rows enter the graph one after
// the other.
#ifndef CALDERA_EVAL_PACMAP_SELF_NEIGHBOURS_H_
#define CALDERA_EVAL_PACMAP_SELF_NEIGHBOURS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace caldera::eval {

struct SelfNeighbours {
  int64_t k = 0;
  std::vector<int32_t> index;   // [N, k], nearest first, never the row itself
  std::vector<float> distance;  // [N, k], Euclidean
};

struct SelfNeighboursOptions {
  int64_t exact_up_to = 20000;  // rows
  uint64_t seed = 0;            // of the graph
};

// x: float [N, D], contiguous, on the CPU. CHECK: 1 <= k < N.
SelfNeighbours FindSelfNeighbours(const at::Tensor& x, int64_t k,
                                  const SelfNeighboursOptions& options);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_PACMAP_SELF_NEIGHBOURS_H_
