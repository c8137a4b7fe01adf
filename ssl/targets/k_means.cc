#include "ssl/targets/k_means.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "base/random_stream.h"

namespace caldera::ssl {
namespace {

// Returns the squared distances to one point [D], [P].
at::Tensor DistancesTo(const at::Tensor& points, const at::Tensor& point) {
  return (points - point).square().sum(1).to(at::kDouble);
}

// Draws each next centre among the points, in proportion to their squared
// distance from the nearest centre so far.
at::Tensor PlusPlus(const at::Tensor& points, int64_t k,
                    base::RandomStream stream) {
  at::Tensor centers = at::empty({k, points.size(1)}, points.options());
  centers[0].copy_(points[stream.UniformInt(points.size(0))]);
  at::Tensor distances = DistancesTo(points, centers[0]);
  for (int64_t i = 1; i < k; ++i) {
    const at::Tensor sums = distances.cumsum(0);
    const double draw = stream.Uniform() * sums[-1].item<double>();
    const auto found = at::searchsorted(sums, draw, /*out_int32=*/false,
                                        /*right=*/true)
                           .item<int64_t>();
    centers[i].copy_(points[std::min(found, points.size(0) - 1)]);
    distances = at::minimum(distances, DistancesTo(points, centers[i]));
  }
  return centers;
}

}  // namespace

at::Tensor NearestCenter(const at::Tensor& points, const at::Tensor& centers) {
  // |p|^2 is left out of |p - c|^2, since it is the same for all centres.
  return at::argmin(centers.square().sum(1) -
                        2 * at::matmul(points, centers.t()),  // [..., K]
                    /*dim=*/-1);
}

at::Tensor KMeans(const at::Tensor& points, const KMeansOptions& options,
                  uint64_t seed) {
  const at::NoGradGuard no_grad;
  const int64_t k = options.num_clusters;
  at::Tensor centers = PlusPlus(
      points, k, base::RandomStream(seed, "k-means", /*step=*/0, /*sample=*/0));
  at::Tensor ids;
  for (int64_t i = 0; i < options.iterations; ++i) {
    const at::Tensor now = NearestCenter(points, centers);  // [P]
    if (ids.defined() && now.equal(ids)) break;
    ids = now;
    const at::Tensor counts = at::bincount(ids, {}, k);  // [K]
    at::Tensor sums = at::zeros_like(centers);
    sums.index_add_(0, ids, points);
    at::Tensor distances =
        (points - centers.index_select(0, ids)).square().sum(1);  // [P]
    centers = sums / counts.clamp_min(1).unsqueeze(1);
    const at::Tensor empty = (counts == 0).nonzero();
    for (int64_t e = 0; e < empty.size(0); ++e) {
      const auto far = at::argmax(distances).item<int64_t>();
      centers[empty[e][0].item<int64_t>()].copy_(points[far]);
      distances[far] = 0;
    }
  }
  return centers;
}

}  // namespace caldera::ssl
