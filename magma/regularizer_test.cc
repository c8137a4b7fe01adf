#include "magma/regularizer.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <glog/logging.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "magma/exchange_testing.h"
#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RegularizerSpec Parse(const std::string& text) {
  RegularizerSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return spec;
}

// Returns the features of four blocks, [16, 6] double, which require gradients.
std::map<int64_t, at::Tensor> Taps() {
  at::manual_seed(1);
  std::map<int64_t, at::Tensor> taps;
  for (int64_t block = 0; block < 4; ++block) {
    taps[block] = at::randn({16, 6}, at::kDouble).requires_grad_();
  }
  return taps;
}

struct CountWarnings : google::LogSink {
  void send(google::LogSeverity severity, const char*, const char*, int,
            const struct ::tm*, const char* message, size_t length) override {
    if (severity == google::GLOG_WARNING) {
      messages.emplace_back(message, length);
    }
  }
  std::vector<std::string> messages;
};

TEST(RegularizerTest, DefaultIsTheLossOfTheLastTwoBlocks) {
  const auto taps = Taps();
  absl::StatusOr<Regularizer> regularizer =
      Regularizer::Create(RegularizerSpec(), 4);
  ASSERT_TRUE(regularizer.ok());
  EXPECT_THAT(regularizer->blocks(), ElementsAre(2, 3));
  const at::Tensor loss =
      regularizer->Loss([&](int64_t block) { return taps.at(block); });
  EXPECT_TRUE(loss.equal(ManifoldLoss(taps.at(2), taps.at(3), {})));
}

TEST(RegularizerTest, AveragesItsPairsAndAsksForEachBlockOnce) {
  const auto taps = Taps();
  absl::StatusOr<Regularizer> regularizer = Regularizer::Create(
      Parse("pair { reference: 2 target: -1 } pair { reference: 0 target: 3 }"
            "pair { reference: 0 target: 2 } fixed: 7"),
      4);
  ASSERT_TRUE(regularizer.ok());
  EXPECT_THAT(regularizer->blocks(), ElementsAre(0, 2, 3));
  std::vector<int64_t> asked;
  const at::Tensor loss = regularizer->Loss([&](int64_t block) {
    asked.push_back(block);
    return taps.at(block);
  });
  EXPECT_THAT(asked, ElementsAre(0, 2, 3));
  loss.backward();

  const auto again = Taps();
  ManifoldLossOptions options;
  options.fixed_gamma = 7;
  const at::Tensor expected =
      (ManifoldLoss(again.at(2), again.at(3), options) +
       ManifoldLoss(again.at(0), again.at(3), options) +
       ManifoldLoss(again.at(0), again.at(2), options)) /
      3;
  expected.backward();
  EXPECT_TRUE(at::allclose(loss, expected, 1e-14));
  for (const int64_t block : {0, 2, 3}) {
    EXPECT_TRUE(at::allclose(taps.at(block).grad(), again.at(block).grad(),
                             1e-12, 1e-16));
  }
  EXPECT_FALSE(taps.at(1).grad().defined());
}

TEST(RegularizerTest, OptionsAreTheSpecs) {
  const ManifoldLossOptions published = ToOptions(RegularizerSpec());
  EXPECT_EQ(published.bandwidth, BandwidthKind::kBatchStd);
  EXPECT_FALSE(published.fixed_gamma.has_value());
  EXPECT_FALSE(published.detach_bandwidth);
  EXPECT_FALSE(published.detach_reference);
  EXPECT_EQ(published.laplacian, LaplacianKind::kSymmetric);
  EXPECT_EQ(published.kernel_neighbours, 0);
  EXPECT_EQ(published.rbf_scale, 1);

  const ManifoldLossOptions other = ToOptions(
      Parse("rbf_scale: 2 nearest_neighbours { k: 5 } detach_bandwidth: true "
            "laplacian: RANDOM_WALK kernel_neighbours: 9 kernel: HEAT "
            "detach_reference: true"));
  EXPECT_EQ(other.rbf_scale, 2);
  EXPECT_EQ(other.bandwidth, BandwidthKind::kNearestNeighbours);
  EXPECT_EQ(other.bandwidth_neighbours, 5);
  EXPECT_TRUE(other.detach_bandwidth);
  EXPECT_EQ(other.laplacian, LaplacianKind::kRandomWalk);
  EXPECT_EQ(other.kernel_neighbours, 9);
  EXPECT_TRUE(other.detach_reference);

  EXPECT_EQ(ToOptions(Parse("median {}")).bandwidth, BandwidthKind::kMedian);
  EXPECT_EQ(ToOptions(Parse("batch_mean {}")).bandwidth,
            BandwidthKind::kBatchMean);
  EXPECT_EQ(ToOptions(Parse("batch_std {}")).bandwidth,
            BandwidthKind::kBatchStd);
  EXPECT_EQ(ToOptions(Parse("fixed: 3")).fixed_gamma, 3);
  EXPECT_EQ(ToOptions(Parse("laplacian: UNNORMALIZED")).laplacian,
            LaplacianKind::kUnnormalized);
}

TEST(RegularizerTest, RefusesAnInvalidSpec) {
  const absl::StatusOr<Regularizer> regularizer =
      Regularizer::Create(Parse("pair { reference: 3 target: 4 }"), 4);
  EXPECT_EQ(regularizer.status().message(),
            "pair[0].target: block 4 does not exist in an encoder of 4 blocks "
            "(0 to 3)");
}

TEST(RegularizerTest, ProcessesSeeTheWholeBatch) {
  const auto whole = Taps();
  const at::Tensor expected = ManifoldLoss(whole.at(2), whole.at(3), {});
  expected.backward();
  RunTogether(4, [&](const Exchange& exchange) {
    absl::StatusOr<Regularizer> regularizer =
        Regularizer::Create(RegularizerSpec(), 4, exchange);
    ASSERT_TRUE(regularizer.ok());
    // The features are drawn once, because threads would share the generator.
    std::map<int64_t, at::Tensor> taps;
    for (const auto& [block, tap] : whole) {
      taps[block] = tap.detach().clone().requires_grad_();
    }
    const auto own = [&](const at::Tensor& all) {
      return all.narrow(0, exchange.rank * 4, 4);
    };
    const at::Tensor loss =
        regularizer->Loss([&](int64_t block) { return own(taps.at(block)); });
    loss.backward();
    EXPECT_TRUE(loss.equal(expected));
    for (const int64_t block : {2, 3}) {
      EXPECT_TRUE(
          own(taps.at(block).grad()).equal(own(whole.at(block).grad()) * 4));
    }
  });
}

TEST(RegularizerTest, ReadsDiagnosticsByName) {
  const auto taps = Taps();
  absl::StatusOr<Regularizer> regularizer = Regularizer::Create(
      Parse("pair { reference: 0 target: 3 } pair { reference: 1 target: 3 }"),
      4);
  ASSERT_TRUE(regularizer.ok());
  RegularizerDiagnostics diagnostics;
  const auto features = [&](int64_t block) { return taps.at(block); };
  for (int step = 0; step < 2; ++step) {
    regularizer->Loss(features, &diagnostics);
  }
  ASSERT_EQ(diagnostics.size(), 2);
  std::map<std::string, double> values;
  for (const auto& [name, value] : regularizer->Read(diagnostics)) {
    values[name] = value;
  }
  EXPECT_EQ(values.size(), 18);
  EXPECT_DOUBLE_EQ(values.at("1_3/loss"),
                   ManifoldLoss(taps.at(1), taps.at(3), {}).item<double>());
  for (const char* name :
       {"bandwidth", "mean_degree", "min_degree", "share_below_floor",
        "mean_kernel", "effective_neighbours", "effective_rank_x",
        "effective_rank_y"}) {
    EXPECT_EQ(values.count(std::string("0_3/") + name), 1) << name;
  }
  EXPECT_TRUE(regularizer->Read({}).empty());

  const auto degrees = ReadDegrees(diagnostics);
  ASSERT_EQ(degrees.size(), 2);
  EXPECT_EQ(degrees[0].first, "0_3/degrees");
  ASSERT_EQ(degrees[0].second.size(), 16);
  double sum = 0;
  for (const double degree : degrees[0].second) sum += degree;
  EXPECT_NEAR(sum / 16, values.at("0_3/mean_degree"), 1e-12);
}

TEST(RegularizerTest, WarnsOnceThatTheTermHasCollapsed) {
  const at::Tensor isotropic = at::randn({64, 768});
  CountWarnings sink;
  google::AddLogSink(&sink);
  absl::StatusOr<Regularizer> regularizer =
      Regularizer::Create(RegularizerSpec(), 2);
  RegularizerDiagnostics diagnostics;
  regularizer->Loss([&](int64_t) { return isotropic; }, &diagnostics);
  for (int step = 0; step < 3; ++step) regularizer->Read(diagnostics);
  google::RemoveLogSink(&sink);
  ASSERT_EQ(sink.messages.size(), 1);
  EXPECT_THAT(sink.messages[0], HasSubstr("0_1/mean_degree"));
  EXPECT_THAT(sink.messages[0], HasSubstr("batch_mean"));
}

}  // namespace
}  // namespace caldera::magma
