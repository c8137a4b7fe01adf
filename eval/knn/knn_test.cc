#include "eval/knn/knn.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

LabelledFeatures Random(int64_t rows, int64_t classes, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor labels =
      at::randint(0, classes, {rows}, generator, at::kLong);
  const at::Tensor centres =
      at::randn({classes, 8}, at::detail::createCPUGenerator(99), at::kDouble);
  return {centres.index_select(0, labels) +
              1.5 * at::randn({rows, 8}, generator, at::kDouble),
          labels};
}

// Computes top1 and top5 by a full table of scores, every pair of rows in
// double.
KnnResult BruteForce(const LabelledFeatures& train,
                     const LabelledFeatures& test, int64_t classes, int64_t k,
                     double temperature, bool cosine) {
  int64_t top1 = 0, top5 = 0;
  for (int64_t m = 0; m < test.labels.size(0); ++m) {
    const at::Tensor q = test.features[m];
    std::vector<std::pair<double, int64_t>> near;  // distance or -cosine, label
    for (int64_t n = 0; n < train.labels.size(0); ++n) {
      const at::Tensor t = train.features[n];
      near.emplace_back(cosine
                            ? -(q.dot(t) / (q.norm() * t.norm())).item<double>()
                            : (q - t).norm().item<double>(),
                        train.labels[n].item<int64_t>());
    }
    std::sort(near.begin(), near.end());
    std::vector<double> score(classes);
    for (int64_t i = 0; i < k; ++i) {
      score[near[i].second] += cosine ? std::exp(-near[i].first / temperature)
                                      : 1 / (near[i].first + 1e-5);
    }
    const auto label = test.labels[m].item<int64_t>();
    int64_t ahead = 0;
    for (int64_t c = 0; c < classes; ++c) {
      if (score[c] > score[label] || (score[c] == score[label] && c < label)) {
        ++ahead;
      }
    }
    if (ahead < 1) ++top1;
    if (ahead < std::min<int64_t>(5, k)) ++top5;
  }
  const double rows = test.labels.size(0);
  return {k, cosine ? temperature : 0, cosine ? "cosine" : "euclidean",
          100 * top1 / rows, 100 * top5 / rows};
}

TEST(KnnTest, AgreesWithBruteForce) {
  const LabelledFeatures train = Random(120, 8, 1), test = Random(60, 8, 2);
  for (const bool cosine : {true, false}) {
    KnnSpec spec;
    for (const int k : {1, 5, 20}) spec.add_k(k);
    spec.add_temperature(0.07);
    if (cosine) spec.add_temperature(1);
    spec.set_distance(cosine ? KnnSpec::COSINE : KnnSpec::EUCLIDEAN);
    const auto results = EvaluateKnn(train, test, 8, spec);
    ASSERT_TRUE(results.ok()) << results.status();
    ASSERT_EQ(results->size(), cosine ? 6 : 3);
    for (const KnnResult& result : *results) {
      const KnnResult expected =
          BruteForce(train, test, 8, result.k, result.temperature, cosine);
      EXPECT_EQ(result.distance, expected.distance);
      EXPECT_DOUBLE_EQ(result.top1, expected.top1) << result.k;
      EXPECT_DOUBLE_EQ(result.top5, expected.top5) << result.k;
      EXPECT_GT(result.top1, 30);  // chance is 12.5: the labels are used
    }
  }
}

TEST(KnnTest, CentredCosineIsTheCosineOfCentredFeatures) {
  LabelledFeatures train = Random(120, 8, 1), test = Random(60, 8, 2);
  KnnSpec spec;
  spec.add_temperature(0.5);
  spec.set_distance(KnnSpec::CENTERED_COSINE);
  const auto results = EvaluateKnn(train, test, 8, spec);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ((*results)[0].distance, "centered cosine");
  const at::Tensor mean = train.features.mean(0, /*keepdim=*/true);
  train.features = train.features - mean;
  test.features = test.features - mean;
  const KnnResult expected =
      BruteForce(train, test, 8, 10, 0.5, /*cosine=*/true);
  EXPECT_EQ((*results)[0].temperature, 0.5);
  EXPECT_DOUBLE_EQ((*results)[0].top1, expected.top1);
  EXPECT_DOUBLE_EQ((*results)[0].top5, expected.top5);
}

TEST(KnnTest, DefaultIsTheAuthorsKAndSolosTemperature) {
  const auto results =
      EvaluateKnn(Random(50, 4, 1), Random(10, 4, 2), 4, KnnSpec());
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1);
  EXPECT_EQ((*results)[0].k, 10);
  EXPECT_EQ((*results)[0].temperature, 0.07);
  EXPECT_EQ((*results)[0].distance, "cosine");
}

TEST(KnnTest, ScoresByHand) {
  const KnnNeighbours neighbours{
      at::tensor({0, 2, 1}, at::kLong).view({1, 3}),
      at::tensor({0.9, 0.5, 0.1}, at::kDouble).view({1, 3})};
  const at::Tensor labels = at::tensor({3, 1, 3}, at::kLong);
  const at::Tensor cosine =
      KnnScores(neighbours, labels, 4, 3, KnnSpec::COSINE, 0.5);
  EXPECT_DOUBLE_EQ(cosine[0][3].item<double>(), std::exp(1.8) + std::exp(1.0));
  EXPECT_DOUBLE_EQ(cosine[0][1].item<double>(), std::exp(0.2));
  EXPECT_EQ(cosine[0][0].item<double>(), 0);
  const at::Tensor euclidean =
      KnnScores(neighbours, labels, 4, 2, KnnSpec::EUCLIDEAN, 0.5);
  EXPECT_DOUBLE_EQ(euclidean[0][3].item<double>(),
                   1 / (0.9 + 1e-5) + 1 / (0.5 + 1e-5));
  EXPECT_EQ(euclidean[0][1].item<double>(), 0);
}

// Twenty neighbours of one class leave four places of the best five to classes
// without a vote, as in the reference implementations.
TEST(KnnTest, ClassesWithoutAVoteCountForTop5) {
  const LabelledFeatures train{at::ones({20, 3}), at::zeros({20}, at::kLong)};
  KnnSpec spec;
  spec.add_k(20);
  const auto top5 = [&](const at::Tensor& labels) {
    const auto results =
        EvaluateKnn(train, {at::ones({labels.size(0), 3}), labels}, 6, spec);
    return std::make_pair((*results)[0].top1, (*results)[0].top5);
  };
  EXPECT_EQ(top5(at::tensor({0, 1, 2, 3, 4}, at::kLong)),
            std::make_pair(20.0, 100.0));
  EXPECT_EQ(top5(at::tensor({5}, at::kLong)), std::make_pair(0.0, 0.0));
  // With fewer than five neighbours no more than so many classes count.
  spec.set_k(0, 1);
  EXPECT_EQ(top5(at::tensor({0, 1, 2, 3, 4}, at::kLong)),
            std::make_pair(20.0, 20.0));
}

TEST(KnnTest, EqualScoresRankByClass) {
  // One neighbour of class 1 and one of class 2, equally near.
  const LabelledFeatures train{at::ones({2, 3}), at::tensor({2, 1}, at::kLong)};
  KnnSpec spec;
  spec.add_k(2);
  const auto top1 = [&](int64_t label) {
    const auto results = EvaluateKnn(
        train, {at::ones({1, 3}), at::full({1}, label, at::kLong)}, 4, spec);
    return std::make_pair((*results)[0].top1, (*results)[0].top5);
  };
  EXPECT_EQ(top1(1), std::make_pair(100.0, 100.0));
  EXPECT_EQ(top1(2), std::make_pair(0.0, 100.0));
  EXPECT_EQ(top1(0), std::make_pair(0.0, 0.0));
}

TEST(KnnTest, SmallestTemperatureStaysFinite) {
  const at::Tensor weights = KnnWeights(at::ones({1}), KnnSpec::COSINE, 0.002);
  EXPECT_TRUE(std::isfinite(weights.item<double>() * 1e6));
}

TEST(KnnTest, UserErrorsAreNamed) {
  const LabelledFeatures train = Random(20, 4, 1), test = Random(5, 4, 2);
  const auto complaint = [&](const LabelledFeatures& a,
                             const LabelledFeatures& b, const KnnSpec& spec) {
    const auto result = EvaluateKnn(a, b, 4, spec);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status().message());
  };
  KnnSpec spec;
  spec.add_k(5);
  spec.add_k(21);
  EXPECT_EQ(complaint(train, test, spec),
            "knn.k[1]: 21 neighbours of only 20 training rows");
  spec.set_k(0, 0);
  EXPECT_EQ(complaint(train, test, spec), "knn.k[0]: 0 is not at least 1");
  LabelledFeatures bad = {test.features.clone(), test.labels};
  bad.features[3][0].fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(complaint(train, bad, KnnSpec()).find("test features: row 3"), 0);
  EXPECT_EQ(complaint(train, {test.features, test.labels - 1}, KnnSpec())
                .find("test labels: label -1"),
            0);
}

}  // namespace
}  // namespace caldera::eval
