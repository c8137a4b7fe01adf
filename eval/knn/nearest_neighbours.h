// Finds the exact k nearest neighbours by cosine or Euclidean distance.
//
//   KnnNeighbours n = NearestNeighbours(train, test, 20, KnnSpec::COSINE);
//   n.index;                   // [M, 20], nearest first
//   n.similarity_or_distance;  // [M, 20], cosines
//
// Some test rows are searched at a time, in blocks of training rows. Beside the
// features and the result a search holds copies of these rows and 32 (k + 16)
// bytes of candidates a test row of the panel, at most about 500 MB whatever
// the sizes (NearestNeighboursBytes). The products choose a few candidates more
// than k in the features' precision; those are then measured again in double,
// so neither order nor values depend on blocks, threads or float32 rounding.
//
// Caveats: equally near rows come in the order of their index (beyond 16 of
// them at the k-th place, in the order float32 gives them). Runs on the CPU;
// features on another device are copied there first.
#ifndef CALDERA_EVAL_KNN_NEAREST_NEIGHBOURS_H_
#define CALDERA_EVAL_KNN_NEAREST_NEIGHBOURS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "eval/spec/eval.pb.h"

namespace caldera::eval {

struct KnnNeighbours {
  at::Tensor index;                   // [M, k] int64, nearest first
  at::Tensor similarity_or_distance;  // [M, k] double
};

// `train` [N, D] and `test` [M, D], floating point (double is searched in
// double, anything else in float), within +-1e15 as CheckLabelledFeatures
// assures. CHECK: 1 <= k <= N. For cosine, a row of zeros has similarity 0 to
// all rows (torch.nn.functional.normalize).
KnnNeighbours NearestNeighbours(const at::Tensor& train, const at::Tensor& test,
                                int64_t k, KnnSpec::Distance distance);

// Returns the bytes that the result and the search hold beside float features
// of N = `train` and M = `test` rows.
int64_t NearestNeighboursBytes(int64_t train, int64_t test, int64_t width,
                               int64_t k, KnnSpec::Distance distance);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_KNN_NEAREST_NEIGHBOURS_H_
