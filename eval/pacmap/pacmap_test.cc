#include "eval/pacmap/pacmap.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "eval/knn/nearest_neighbours.h"

namespace caldera::eval {
namespace {

using testing::HasSubstr;

constexpr int64_t kClusters = 10;

// Returns `each` points around each of ten centres, [10 each, d], cluster by
// cluster.
at::Tensor Mixture(int64_t each, int64_t d, uint64_t seed) {
  at::manual_seed(seed);
  const at::Tensor centres = 4 * at::randn({kClusters, 1, d});
  return (centres + at::randn({kClusters, each, d})).flatten(0, 1);
}

// Returns the share of the ten nearest neighbours that belong to the same
// cluster, over all points.
double Purity(const at::Tensor& points, int64_t each) {
  const at::Tensor index =
      NearestNeighbours(points, points, 11, KnnSpec::EUCLIDEAN)
          .index.slice(1, 1);  // [N, 10]
  const at::Tensor own = at::arange(points.size(0)).div(each, "floor");
  return (index.div(each, "floor") == own.unsqueeze(1))
      .to(at::kDouble)
      .mean()
      .item<double>();
}

// Returns the share of random triplets whose order of distances stays.
double TripletsKept(const at::Tensor& x, const at::Tensor& y) {
  at::manual_seed(7);
  const at::Tensor t = at::randint(x.size(0), {3, 20000});
  const auto nearer = [&](const at::Tensor& z) {
    const at::Tensor a = z.index_select(0, t[0]);
    return (a - z.index_select(0, t[1])).square().sum(1) <
           (a - z.index_select(0, t[2])).square().sum(1);
  };
  return (nearer(x) == nearer(y)).to(at::kDouble).mean().item<double>();
}

TEST(Pacmap, KeepsClustersApartAndTheWholeInShape) {
  const at::Tensor x = Mixture(60, 32, 1);
  const auto y = Pacmap(x, {});
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_GT(Purity(*y, 60), 0.95);
  // Random positions keep half of the triplets.
  EXPECT_GT(TripletsKept(x, *y), 0.6);
}

TEST(Pacmap, TheSameBitsForTheSameSeedOnAnyThreads) {
  const at::Tensor x = Mixture(60, 120, 2);  // wider than 100: reduced first
  const int threads = at::get_num_threads();
  const auto one = Pacmap(x, {});
  at::set_num_threads(3);
  const auto three = Pacmap(x, {});
  at::set_num_threads(threads);
  PacmapOptions other;
  other.seed = 1;
  ASSERT_TRUE(one.ok() && three.ok());
  EXPECT_TRUE(at::equal(*one, *three));
  EXPECT_FALSE(at::equal(*one, *Pacmap(x, other)));
}

TEST(Pacmap, TheGraphIndexServesAsWell) {
  const at::Tensor x = Mixture(60, 32, 3);
  PacmapOptions graph;
  graph.exact_up_to = 0;
  const auto y = Pacmap(x, graph);
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_GT(Purity(*y, 60), 0.95);
  EXPECT_TRUE(at::equal(*y, *Pacmap(x, graph)));
}

TEST(Pacmap, FewOrEqualRowsStillGiveAPicture) {
  at::manual_seed(4);
  for (const at::Tensor& x :
       {at::randn({12, 3}), at::ones({40, 5}), at::randn({30, 1}),
        at::cat({at::zeros({100, 4}), at::ones({100, 4})})}) {
    for (const int64_t exact_up_to : {0, 20000}) {
      PacmapOptions options;
      options.exact_up_to = exact_up_to;
      const auto y = Pacmap(x, options);
      ASSERT_TRUE(y.ok()) << y.status();
      EXPECT_EQ(y->sizes(), (at::IntArrayRef{x.size(0), 2}));
      EXPECT_TRUE(at::isfinite(*y).all().item<bool>());
    }
  }
}

TEST(Pacmap, RefusesWhatItCannotPlace) {
  const auto error = [](const at::Tensor& x,
                        const PacmapOptions& options = {}) {
    return std::string(Pacmap(x, options).status().message());
  };
  EXPECT_THAT(error(at::zeros({11, 4})), HasSubstr("at least 12 rows"));
  EXPECT_THAT(error(at::zeros({11})), HasSubstr("1 dimensions"));
  at::Tensor bad = at::zeros({20, 4});
  bad[13][2] = NAN;
  EXPECT_THAT(error(bad), HasSubstr("row 13 is not finite"));
  PacmapOptions options;
  options.fp_ratio = -1;
  EXPECT_THAT(error(at::zeros({20, 4}), options), HasSubstr("fp_ratio: -1"));
}

TEST(Pairs, CountsFollowTheNumberOfPoints) {
  EXPECT_EQ(CountsFor(10000, 0, 0.5, 2).neighbours, 10);
  EXPECT_EQ(CountsFor(70000, 0, 0.5, 2).neighbours, 23);
  EXPECT_EQ(CountsFor(70000, 0, 0.5, 2).mid_near, 11);
  EXPECT_EQ(CountsFor(70000, 0, 0.5, 2).further, 46);
  EXPECT_EQ(CountsFor(500, 7, 1, 1).further, 7);
  const PairCounts few = CountsFor(20, 10, 0.5, 2);
  EXPECT_LE(few.neighbours + few.mid_near + few.further, 20);
  EXPECT_GE(few.neighbours, 1);
}

TEST(Pairs, AreWhatTheirNamesSay) {
  const at::Tensor x = Mixture(20, 8, 5);  // [200, 8]
  const int64_t n = x.size(0);
  const PairCounts counts{10, 5, 20};
  const PacmapPairs pairs = ChoosePairs(x, counts, {}, 0);
  for (int64_t i = 0; i < n; ++i) {
    const auto row = [&](const std::vector<int32_t>& all, int64_t count) {
      return std::set<int32_t>(all.begin() + i * count,
                               all.begin() + (i + 1) * count);
    };
    const auto near = row(pairs.neighbours, 10), mid = row(pairs.mid_near, 5),
               far = row(pairs.further, 20);
    EXPECT_EQ(near.size(), 10);
    EXPECT_EQ(mid.size(), 5);
    EXPECT_EQ(far.size(), 20);
    for (const auto* set : {&near, &mid, &far}) EXPECT_EQ(set->count(i), 0);
    for (const int32_t j : near) EXPECT_EQ(far.count(j), 0);
  }
  // Mid-near partners are nearer than random ones.
  const auto mean_distance = [&](const std::vector<int32_t>& all,
                                 int64_t count) {
    double sum = 0;
    for (int64_t k = 0; k < n * count; ++k) {
      sum += (x[k / count] - x[all[k]]).norm().item<double>();
    }
    return sum / static_cast<double>(n * count);
  };
  const double near = mean_distance(pairs.neighbours, 10),
               mid = mean_distance(pairs.mid_near, 5),
               far = mean_distance(pairs.further, 20);
  EXPECT_LT(near, 0.5 * mid);
  EXPECT_LT(mid, 0.9 * far);
}

TEST(SelfNeighbours, TheGraphFindsNearlyAllOfTheTrueOnes) {
  const at::Tensor x = Mixture(100, 16, 6);
  const SelfNeighbours exact = FindSelfNeighbours(x, 15, {20000, 0}),
                       graph = FindSelfNeighbours(x, 15, {0, 0});
  int64_t found = 0;
  for (int64_t i = 0; i < x.size(0); ++i) {
    const auto begin = exact.index.begin() + i * 15;
    const std::set<int32_t> truth(begin, begin + 15);
    EXPECT_EQ(truth.size(), 15);
    EXPECT_EQ(truth.count(i), 0);
    for (int64_t k = 0; k < 15; ++k) {
      const int32_t j = graph.index[i * 15 + k];
      found += truth.count(j);
      EXPECT_NEAR(graph.distance[i * 15 + k],
                  (x[i] - x[j]).norm().item<float>(), 1e-3);
    }
  }
  EXPECT_GT(found, 0.97 * 15 * x.size(0));
}

TEST(Layout, GradientIsTheLosss) {
  const at::Tensor x = Mixture(4, 6, 8);  // [40, 6]
  const PacmapPairs pairs = ChoosePairs(x, {4, 3, 6}, {}, 0);
  const PairWeights weights{2, 300, 1};
  at::manual_seed(9);
  const at::Tensor at_random = 3 * at::randn({80});
  const float* begin = at_random.const_data_ptr<float>();
  const std::vector<float> y(begin, begin + 80);
  const std::vector<float> gradient = LayoutGradient(pairs, weights, y);
  for (size_t i = 0; i < y.size(); ++i) {
    std::vector<double> up(y.begin(), y.end()), down = up;
    const double h = 1e-5;
    up[i] += h;
    down[i] -= h;
    const double expected =
        (LayoutLoss(pairs, weights, up) - LayoutLoss(pairs, weights, down)) /
        (2 * h);
    EXPECT_NEAR(gradient[i], expected, 1e-4 * (1 + std::abs(expected)));
  }
}

TEST(Layout, WeightsOfThePhases) {
  const std::array<int, 3> phases = {100, 100, 250};
  EXPECT_EQ(WeightsAt(0, phases).mid_near, 1000);
  EXPECT_EQ(WeightsAt(50, phases).mid_near, 501.5);
  EXPECT_EQ(WeightsAt(100, phases).neighbours, 3);
  EXPECT_EQ(WeightsAt(199, phases).mid_near, 3);
  EXPECT_EQ(WeightsAt(200, phases).mid_near, 0);
  EXPECT_EQ(WeightsAt(200, phases).neighbours, 1);
}

}  // namespace
}  // namespace caldera::eval
