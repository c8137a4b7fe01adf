// Clusters points by k-means.
//
//   at::Tensor centers = KMeans(points, {50, 25}, seed);  // [K, D]
//   at::Tensor ids = NearestCenter(points, centers);      // int64 [P]
#ifndef CALDERA_SSL_TARGETS_K_MEANS_H_
#define CALDERA_SSL_TARGETS_K_MEANS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

struct KMeansOptions {
  int64_t num_clusters = 50;
  int64_t iterations = 25;  // at most; stops when no point changes its cluster
};

// Returns the centres, [K, D], of points: float or double [P, D], P >= 1, on
// the CPU. It begins with k-means++ (Arthur, Vassilvitskii, SODA 2007) and
// continues with Lloyd's iterations; a centre that loses all its points moves
// to the point that is farthest from its own centre. The result is a pure
// function of points, options and seed (on one machine with one number of
// threads). If there are fewer distinct points than centres, some centres are
// equal.
at::Tensor KMeans(const at::Tensor& points, const KMeansOptions& options,
                  uint64_t seed);

// Returns the number of the nearest centre (Euclidean), int64 [...], for points
// [..., D] and centers [K, D]; the lowest number of equally near centres.
at::Tensor NearestCenter(const at::Tensor& points, const at::Tensor& centers);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_K_MEANS_H_
