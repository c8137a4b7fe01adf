// The loss over several processes is the loss of one.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "magma/exchange_testing.h"
#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

struct Result {
  at::Tensor loss, dx, dy;
  ManifoldDiagnostics diagnostics;
};

Result LossOf(const at::Tensor& x, const at::Tensor& y,
              const ManifoldLossOptions& options, const Exchange& exchange) {
  Result result;
  const at::Tensor x_leaf = x.clone().requires_grad_();
  const at::Tensor y_leaf = y.clone().requires_grad_();
  result.loss =
      ManifoldLoss(x_leaf, y_leaf, options, &result.diagnostics, exchange);
  result.loss.backward();
  result.dx = x_leaf.grad();
  result.dy = y_leaf.grad();
  return result;
}

double RelativeError(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).norm() / expected.norm()).item<double>();
}

// Returns features near a curved sheet, with two equal rows in different
// halves.
at::Tensor Features(int64_t batch, int64_t width, at::ScalarType type) {
  const at::Tensor sheet = at::randn({batch, 3}, at::kDouble);
  at::Tensor features = sheet.matmul(at::randn({3, width}, at::kDouble)).tanh();
  features[batch - 1] = features[0];
  return features.to(type);
}

void ExpectOneProcess(const ManifoldLossOptions& options, int64_t batch,
                      at::ScalarType type, double tolerance) {
  const at::Tensor x = Features(batch, 12, type);
  const at::Tensor y = Features(batch, 20, type);
  const Result whole = LossOf(x, y, options, {});
  for (const int64_t processes : {2, 4}) {
    const int64_t rows = batch / processes;
    std::vector<Result> parts(processes);
    RunTogether(processes, [&](const Exchange& exchange) {
      const int64_t begin = exchange.rank * rows;
      parts[exchange.rank] =
          LossOf(x.narrow(0, begin, rows), y.narrow(0, begin, rows), options,
                 exchange);
    });
    for (int64_t rank = 0; rank < processes; ++rank) {
      SCOPED_TRACE(testing::Message() << processes << " processes, " << rank);
      const Result& part = parts[rank];
      EXPECT_TRUE(part.loss.equal(parts[0].loss));
      EXPECT_LT(RelativeError(part.loss, whole.loss), tolerance);
      // The mean over the processes undoes the factor.
      const auto own = [&](const at::Tensor& all) {
        return all.narrow(0, rank * rows, rows) * processes;
      };
      EXPECT_LT(RelativeError(part.dy, own(whole.dy)), tolerance);
      if (whole.dx.defined()) {
        EXPECT_LT(RelativeError(part.dx, own(whole.dx)), tolerance);
      } else {
        EXPECT_FALSE(part.dx.defined());
      }
      const auto expected = NameDiagnostics(whole.diagnostics);
      const auto seen = NameDiagnostics(part.diagnostics);
      for (size_t i = 0; i < seen.size(); ++i) {
        EXPECT_NEAR(seen[i].second.item<double>(),
                    expected[i].second.item<double>(),
                    1e-5 * (1 + expected[i].second.abs().item<double>()))
            << seen[i].first;
      }
    }
  }
}

std::vector<ManifoldLossOptions> AllOptions() {
  std::vector<ManifoldLossOptions> all;
  for (const BandwidthKind bandwidth :
       {BandwidthKind::kBatchStd, BandwidthKind::kBatchMean,
        BandwidthKind::kMedian, BandwidthKind::kNearestNeighbours}) {
    for (const LaplacianKind laplacian :
         {LaplacianKind::kSymmetric, LaplacianKind::kUnnormalized,
          LaplacianKind::kRandomWalk}) {
      ManifoldLossOptions options;
      options.bandwidth = bandwidth;
      options.laplacian = laplacian;
      all.push_back(options);
    }
  }
  ManifoldLossOptions options;
  options.fixed_gamma = 3;
  all.push_back(options);
  options = {};
  options.kernel_neighbours = 9;
  all.push_back(options);
  options = {};
  options.detach_bandwidth = options.detach_reference = true;
  all.push_back(options);
  return all;
}

TEST(ManifoldLossProcessesTest, IsThatOfOneProcessInDouble) {
  at::manual_seed(1);
  int number = 0;
  for (const ManifoldLossOptions& options : AllOptions()) {
    SCOPED_TRACE(number++);
    // The batches are below and above the one from which each process computes
    // its own rows.
    ExpectOneProcess(options, 16, at::kDouble, 1e-12);
    ExpectOneProcess(options, 96, at::kDouble, 1e-12);
  }
}

TEST(ManifoldLossProcessesTest, IsThatOfOneProcessInFloat) {
  at::manual_seed(2);
  // Half a dozen sums of at most 128 products follow one another.
  ExpectOneProcess({}, 128, at::kFloat,
                   256 * std::numeric_limits<float>::epsilon());
}

TEST(ManifoldLossProcessesTest, OneProcessesNanReachesAll) {
  at::Tensor x = Features(64, 12, at::kFloat);
  const at::Tensor y = Features(64, 12, at::kFloat);
  x[5][3] = std::numeric_limits<double>::quiet_NaN();
  RunTogether(2, [&](const Exchange& exchange) {
    const Result part =
        LossOf(x.narrow(0, exchange.rank * 32, 32),
               y.narrow(0, exchange.rank * 32, 32), {}, exchange);
    EXPECT_TRUE(part.loss.isnan().item<bool>());
    EXPECT_TRUE(part.dx.isnan().all().item<bool>());
    EXPECT_TRUE(part.dy.isnan().all().item<bool>());
  });
}

}  // namespace
}  // namespace caldera::magma
