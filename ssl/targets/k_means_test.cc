#include "ssl/targets/k_means.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Returns the sum of squared distances to the nearest centre, which `ids` must
// name.
double SlowCost(const at::Tensor& points, const at::Tensor& centers,
                const at::Tensor& ids) {
  double cost = 0;
  for (int64_t p = 0; p < points.size(0); ++p) {
    double least = std::numeric_limits<double>::infinity();
    int64_t nearest = -1;
    for (int64_t c = 0; c < centers.size(0); ++c) {
      const double d = (points[p] - centers[c]).square().sum().item<double>();
      if (d < least) {
        least = d;
        nearest = c;
      }
    }
    EXPECT_EQ(ids[p].item<int64_t>(), nearest);
    cost += least;
  }
  return cost;
}

TEST(NearestCenter, IsTheBruteForceOne) {
  const at::Tensor points = vit::Normal({40, 5}, 1);
  const at::Tensor centers = vit::Normal({7, 5}, 2);
  const at::Tensor ids = NearestCenter(points, centers);
  SlowCost(points, centers, ids);
  EXPECT_TRUE(
      NearestCenter(points.view({4, 10, 5}), centers).equal(ids.view({4, 10})));
}

TEST(KMeans, FindsClustersThatLieApart) {
  const int64_t k = 6;
  const at::Tensor means = 100 * vit::Normal({k, 3}, 3);
  const at::Tensor points =
      (means.unsqueeze(1) + vit::Normal({k, 30, 3}, 4)).flatten(0, 1);
  const at::Tensor ids = NearestCenter(points, KMeans(points, {k, 25}, 1));
  std::set<int64_t> seen;
  for (int64_t c = 0; c < k; ++c) {
    const at::Tensor own = ids.slice(0, 30 * c, 30 * (c + 1));
    EXPECT_TRUE(own.eq(own[0]).all().item<bool>());
    seen.insert(own[0].item<int64_t>());
  }
  EXPECT_EQ(seen.size(), k);
}

// Centres are the means of their points, the cost falls, and the seed decides.
TEST(KMeans, IsAFixedPointOfLloydsIteration) {
  const at::Tensor points = vit::Normal({200, 4}, 5);
  const at::Tensor centers = KMeans(points, {8, 1000}, 1);
  const at::Tensor ids = NearestCenter(points, centers);
  for (int64_t c = 0; c < 8; ++c) {
    const at::Tensor own =
        points.index_select(0, ids.eq(c).nonzero().flatten());
    ASSERT_GT(own.size(0), 0);
    EXPECT_TRUE(own.mean(0).allclose(centers[c], 0, 1e-12));
  }
  const at::Tensor early = KMeans(points, {8, 1}, 1);
  EXPECT_LT(SlowCost(points, centers, ids),
            SlowCost(points, early, NearestCenter(points, early)));
  EXPECT_TRUE(KMeans(points, {8, 1000}, 1).equal(centers));
  EXPECT_FALSE(KMeans(points, {8, 1000}, 2).equal(centers));
}

// There are fewer distinct points than centres, and equal points.
TEST(KMeans, FewPointsAreFinite) {
  const at::Tensor few = vit::Normal({3, 2}, 6);
  const at::Tensor centers = KMeans(few, {5, 25}, 1);
  EXPECT_EQ(centers.sizes(), (at::IntArrayRef{5, 2}));
  for (int64_t p = 0; p < 3; ++p) {
    EXPECT_EQ((centers - few[p]).abs().amax(1).min().item<double>(), 0);
  }
  EXPECT_TRUE(
      KMeans(at::ones({9, 2}), {4, 25}, 1).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace caldera::ssl
