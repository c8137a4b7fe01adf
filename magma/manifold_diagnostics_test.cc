#include "magma/manifold_diagnostics.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <utility>

#include "gtest/gtest.h"
#include "magma/manifold_loss.h"
#include "magma/manifold_loss_testing.h"

namespace caldera::magma {
namespace {

TEST(DiagnosticsTest, AreThoseOfTheKernel) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  ManifoldDiagnostics diagnostics;
  const at::Tensor with = ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_TRUE(with.equal(ManifoldLoss(x, y, {})));
  const at::Tensor d = (x.unsqueeze(1) - x.unsqueeze(0)).pow(2).sum(2);
  const at::Tensor gamma = d.masked_select(d != 0).std(/*unbiased=*/true);
  const at::Tensor w = (-d / gamma).exp() - at::eye(16, x.options());
  EXPECT_LT(Error(diagnostics.bandwidth, gamma), 1e-12);
  EXPECT_LT(Error(diagnostics.degrees, w.sum(1)), 1e-12);
  EXPECT_LT(Error(diagnostics.mean_degree, w.sum(1).mean()), 1e-12);
  EXPECT_LT(Error(diagnostics.min_degree, w.sum(1).min()), 1e-12);
  EXPECT_LT(Error(diagnostics.mean_kernel, w.sum() / (16.0 * 15)), 1e-12);
  EXPECT_EQ(diagnostics.share_below_floor.item<double>(), 0);
  EXPECT_LT(Error(diagnostics.effective_neighbours,
                  (w.sum(1).square() / w.square().sum(1)).mean()),
            1e-12);
  for (const auto& [features, rank] :
       {std::make_pair(x, diagnostics.effective_rank_x),
        std::make_pair(y, diagnostics.effective_rank_y)}) {
    const at::Tensor centred = features - features.mean(0, true);
    const at::Tensor covariance = at::matmul(centred.t(), centred);
    EXPECT_LT(
        Error(rank, covariance.trace().square() / covariance.square().sum()),
        1e-12);
  }
}

TEST(DiagnosticsTest, CountDirectionsAndNeighbours) {
  // The corners of a cube have three directions of equal variance.
  at::Tensor cube = at::empty({8, 3});
  for (int64_t i = 0; i < 8; ++i) {
    for (int64_t k = 0; k < 3; ++k) cube[i][k] = (i >> k) & 1;
  }
  ManifoldDiagnostics diagnostics;
  ManifoldLoss(cube, at::ones({8, 2}), Fixed(1e6), &diagnostics);
  EXPECT_NEAR(diagnostics.effective_rank_x.item<double>(), 3, 1e-5);
  EXPECT_EQ(diagnostics.effective_rank_y.item<double>(), 0);
  EXPECT_NEAR(diagnostics.effective_neighbours.item<double>(), 7, 1e-3);
}

TEST(DiagnosticsTest, ShowTheCollapseOfIsotropicFeatures) {
  const at::Tensor x = at::randn({64, 768}), y = at::randn({64, 32});
  ManifoldDiagnostics diagnostics;
  const at::Tensor loss = ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_LT(diagnostics.mean_degree.item<double>(), kDegreeFloor);
  EXPECT_GT(diagnostics.share_below_floor.item<double>(), 0.9);
  // The loss is a plain norm penalty, as the header warns.
  EXPECT_LT(Error(loss, y.square().sum() / (64.0 * 64)), 0.05);
  for (const BandwidthKind kind :
       {BandwidthKind::kBatchMean, BandwidthKind::kMedian,
        BandwidthKind::kNearestNeighbours}) {
    ManifoldLossOptions options;
    options.bandwidth = kind;
    ManifoldLoss(x, y, options, &diagnostics);
    EXPECT_GT(diagnostics.mean_degree.item<double>(), 1);
  }
}

}  // namespace
}  // namespace caldera::magma
