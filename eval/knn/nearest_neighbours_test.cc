#include "eval/knn/nearest_neighbours.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

at::Tensor Random(int64_t rows, int64_t width, uint64_t seed,
                  at::ScalarType dtype = at::kFloat) {
  return at::randn({rows, width}, at::detail::createCPUGenerator(seed), dtype);
}

// Measures every pair in double, one at a time, then sorts all.
KnnNeighbours BruteForce(const at::Tensor& train, const at::Tensor& test,
                         int64_t k, KnnSpec::Distance distance) {
  at::Tensor a = train.to(at::kDouble), b = test.to(at::kDouble);
  if (distance == KnnSpec::CENTERED_COSINE) {
    const at::Tensor mean = a.mean(0, /*keepdim=*/true);
    a = a - mean;
    b = b - mean;
  }
  KnnNeighbours result{at::zeros({b.size(0), k}, at::kLong),
                       at::zeros({b.size(0), k}, at::kDouble)};
  for (int64_t row = 0; row < b.size(0); ++row) {
    std::vector<std::pair<double, int64_t>> all;
    for (int64_t n = 0; n < a.size(0); ++n) {
      const double value =
          distance == KnnSpec::EUCLIDEAN
              ? (b[row] - a[n]).norm().item<double>()
              : -(b[row].dot(a[n]) / (b[row].norm() * a[n].norm()))
                     .item<double>();
      all.emplace_back(value, n);
    }
    std::sort(all.begin(), all.end());
    for (int64_t i = 0; i < k; ++i) {
      result.index[row][i].fill_(all[i].second);
      result.similarity_or_distance[row][i].fill_(
          distance == KnnSpec::EUCLIDEAN ? all[i].first : -all[i].first);
    }
  }
  return result;
}

class NearestNeighboursTest
    : public testing::TestWithParam<
          std::tuple<KnnSpec::Distance, at::ScalarType>> {};

TEST_P(NearestNeighboursTest, AgreesWithBruteForce) {
  const auto [distance, dtype] = GetParam();
  const at::Tensor train = Random(150, 6, 1, dtype) + 3;
  const at::Tensor test = Random(40, 6, 2, dtype) + 3;
  for (const int64_t k : {1, 20, 150}) {
    const KnnNeighbours fast = NearestNeighbours(train, test, k, distance);
    const KnnNeighbours slow = BruteForce(train, test, k, distance);
    EXPECT_TRUE(fast.index.equal(slow.index)) << k;
    // Sums of 6 products in double differ by a few units in the last place.
    EXPECT_LT((fast.similarity_or_distance - slow.similarity_or_distance)
                  .abs()
                  .max()
                  .item<double>(),
              1e-13);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Distances, NearestNeighboursTest,
    testing::Combine(testing::Values(KnnSpec::COSINE, KnnSpec::EUCLIDEAN,
                                     KnnSpec::CENTERED_COSINE),
                     testing::Values(at::kFloat, at::kDouble)));

TEST(NearestNeighboursTest, CentredCosineIgnoresWhatAllRowsShare) {
  // Far from the origin all cosines are near 1.
  const at::Tensor train = Random(100, 6, 1, at::kDouble);
  const at::Tensor test = Random(20, 6, 2, at::kDouble);
  const KnnNeighbours there =
      NearestNeighbours(train + 50, test + 50, 5, KnnSpec::CENTERED_COSINE);
  const KnnNeighbours here =
      NearestNeighbours(train, test, 5, KnnSpec::CENTERED_COSINE);
  EXPECT_TRUE(there.index.equal(here.index));
  EXPECT_FALSE(NearestNeighbours(train + 50, test + 50, 5, KnnSpec::COSINE)
                   .index.equal(here.index));
}

TEST(NearestNeighboursTest, BlocksDoNotShow) {
  // More than 8192 training and 1024 test rows need more than one block of
  // each. The nearest neighbour of a row is the row itself.
  const at::Tensor train = Random(20000, 16, 3);
  const at::Tensor test = train.narrow(0, 15000, 3000);
  for (const auto distance :
       {KnnSpec::COSINE, KnnSpec::EUCLIDEAN, KnnSpec::CENTERED_COSINE}) {
    const KnnNeighbours all = NearestNeighbours(train, test, 3, distance);
    EXPECT_TRUE(all.index.select(1, 0).equal(at::arange(15000, 18000)));
    const KnnNeighbours few =
        NearestNeighbours(train, test.narrow(0, 1500, 7), 3, distance);
    EXPECT_TRUE(few.index.equal(all.index.narrow(0, 1500, 7)));
    EXPECT_TRUE(few.similarity_or_distance.equal(
        all.similarity_or_distance.narrow(0, 1500, 7)));
  }
}

TEST(NearestNeighboursTest, PanelsAndNarrowBlocksDoNotShow) {
  // So many candidates are kept for 110 test rows at a time.
  const at::Tensor train = Random(20000, 4, 3), test = Random(600, 4, 4);
  // Training rows of 8192 numbers come in blocks of 512; the added zeros
  // change neither products nor norms.
  const at::Tensor wide_train =
      at::cat({Random(2500, 4, 5), at::zeros({2500, 8188})}, 1);
  const at::Tensor wide_test = at::cat({test, at::zeros({600, 8188})}, 1);
  for (const auto distance :
       {KnnSpec::COSINE, KnnSpec::EUCLIDEAN, KnnSpec::CENTERED_COSINE}) {
    constexpr int64_t kMany = 19000;
    const KnnNeighbours all = NearestNeighbours(train, test, kMany, distance);
    for (const int64_t row : {0, 109, 110, 219, 220, 599}) {
      const KnnNeighbours one =
          NearestNeighbours(train, test.narrow(0, row, 1), kMany, distance);
      EXPECT_TRUE(one.index.equal(all.index.narrow(0, row, 1))) << row;
      EXPECT_TRUE(one.similarity_or_distance.equal(
          all.similarity_or_distance.narrow(0, row, 1)));
    }
    const KnnNeighbours wide =
        NearestNeighbours(wide_train, wide_test, 5, distance);
    const KnnNeighbours narrow =
        NearestNeighbours(wide_train.narrow(1, 0, 4), test, 5, distance);
    EXPECT_TRUE(wide.index.equal(narrow.index));
    EXPECT_TRUE(
        wide.similarity_or_distance.equal(narrow.similarity_or_distance));
  }
}

TEST(NearestNeighboursTest, HoldsFarLessThanTheFeatures) {
  for (const auto& [test, width, k] :
       std::vector<std::tuple<int64_t, int64_t, int64_t>>{
           {50'000, 768, 20}, {50'000, 150'528, 200}, {1'000'000, 64, 200}}) {
    const int64_t bytes =
        NearestNeighboursBytes(1'280'000, test, width, k, KnnSpec::EUCLIDEAN);
    EXPECT_LT(bytes - 16 * test * k, 300'000'000) << width;
  }
}

TEST(NearestNeighboursTest, EqualRowsComeByIndex) {
  const at::Tensor row = Random(1, 24, 4);
  const at::Tensor other = Random(30, 24, 5);
  const at::Tensor train = at::cat({other, row, other, row, row});
  for (const auto distance :
       {KnnSpec::COSINE, KnnSpec::EUCLIDEAN, KnnSpec::CENTERED_COSINE}) {
    const KnnNeighbours n = NearestNeighbours(train, row, 3, distance);
    EXPECT_EQ(n.index[0][0].item<int64_t>(), 30);
    EXPECT_EQ(n.index[0][1].item<int64_t>(), 61);
    EXPECT_EQ(n.index[0][2].item<int64_t>(), 62);
  }
}

TEST(NearestNeighboursTest, ConstantFeaturesGiveTheFirstRows) {
  const KnnNeighbours n = NearestNeighbours(
      at::ones({100, 8}), at::ones({2, 8}), 4, KnnSpec::EUCLIDEAN);
  EXPECT_TRUE(n.index[1].equal(at::arange(4)));
  EXPECT_EQ(n.similarity_or_distance.abs().max().item<double>(), 0);
}

TEST(NearestNeighboursTest, ZeroRowsHaveCosineZero) {
  const KnnNeighbours n = NearestNeighbours(at::ones({3, 2}), at::zeros({1, 2}),
                                            3, KnnSpec::COSINE);
  EXPECT_EQ(n.similarity_or_distance.abs().max().item<double>(), 0);
  EXPECT_TRUE(n.index[0].equal(at::arange(3)));
}

TEST(NearestNeighboursTest, FarFromTheOriginDistancesKeepTheirDigits) {
  // Differences of 1 at an offset of 1000: |t|^2 alone uses up float's digits.
  const at::Tensor train = Random(400, 32, 6) + 1000;
  const at::Tensor test = Random(20, 32, 7) + 1000;
  EXPECT_TRUE(
      NearestNeighbours(train, test, 5, KnnSpec::EUCLIDEAN)
          .index.equal(BruteForce(train, test, 5, KnnSpec::EUCLIDEAN).index));
}

TEST(NearestNeighboursTest, FeaturesMayCarryGradients) {
  at::Tensor train = Random(10, 4, 8).set_requires_grad(true);
  const KnnNeighbours n =
      NearestNeighbours(train * 2, train, 1, KnnSpec::COSINE);
  EXPECT_FALSE(n.similarity_or_distance.requires_grad());
  EXPECT_TRUE(n.index.squeeze(1).equal(at::arange(10)));
}

}  // namespace
}  // namespace caldera::eval
