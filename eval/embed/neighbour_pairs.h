// Finds for each row of a file of features the rows that are most alike, by the
// cosine.
//
//   NeighbourOptions options;
//   options.k = 10;
//   absl::Status status = ForEachNeighbours(
//       features, options, [](int64_t row, const std::vector<Neighbour>& found)
//       {
//         return Print(row, found);
//       });
//
// The search is exact up to a number of rows; beyond it a graph index (HNSW,
// Malkov and Yashunin 2018; hnswlib) finds nearly all of them. The index has no
// copy of the features, which may be mapped from a file larger than the memory:
// it holds about 150 bytes a row, whatever the width. Both are deterministic:
// rows enter the graph one after the other.
//
// Caveat: rows of zeros are like nothing. The graph may return fewer than k for
// rows that hundreds of others equal.
#ifndef CALDERA_EVAL_EMBED_NEIGHBOUR_PAIRS_H_
#define CALDERA_EVAL_EMBED_NEIGHBOUR_PAIRS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"

namespace caldera::eval {

struct Neighbour {
  int64_t row = 0;
  double cosine = 0;
};

struct NeighbourOptions {
  int64_t k = 10;               // at most; N - 1 if there are no more
  int64_t exact_up_to = 20000;  // rows
  uint64_t seed = 0;            // of the graph
  // Is told how many of how many rows have entered the graph.
  std::function<void(int64_t rows, int64_t of)> progress;
};

using ConsumeNeighbours = std::function<absl::Status(
    int64_t row, const std::vector<Neighbour>& found)>;

// features: float32 or float16 [N, D] on the CPU, contiguous, finite. Calls
// `consume` for rows 0 to N - 1 in this order, with the most alike first, never
// the row itself. Returns the first error of `consume`. CHECK: N >= 2, k >= 1.
absl::Status ForEachNeighbours(const at::Tensor& features,
                               const NeighbourOptions& options,
                               const ConsumeNeighbours& consume);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_NEIGHBOUR_PAIRS_H_
