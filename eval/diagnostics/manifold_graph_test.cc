#include "eval/diagnostics/manifold_graph.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace caldera::eval {
namespace {

at::Tensor Random(int64_t rows, int64_t width, uint64_t seed) {
  return at::randn({rows, width}, at::detail::createCPUGenerator(seed),
                   at::kDouble);
}

TEST(ManifoldGraph, IsThePapersKernelOverAllPairs) {
  const at::Tensor x = Random(12, 3, 1);
  std::vector<double> d;
  for (int64_t i = 0; i < 12; ++i) {
    for (int64_t j = 0; j < 12; ++j) {
      if (i != j) d.push_back((x[i] - x[j]).square().sum().item<double>());
    }
  }
  double mean = 0, squares = 0, degree = 0;
  for (const double value : d) mean += value / d.size();
  for (const double value : d) squares += (value - mean) * (value - mean);
  const double gamma = std::sqrt(squares / (d.size() - 1));
  for (const double value : d) degree += std::exp(-value / gamma) / 12;
  const ManifoldGraph graph = MeasureManifoldGraph(x, 256);
  EXPECT_NEAR(graph.mean_degree, degree, 1e-10);
  EXPECT_EQ(graph.share_below_floor, 0);
  EXPECT_GT(graph.effective_neighbours, 1);
  EXPECT_LT(graph.effective_neighbours, 11);
}

TEST(ManifoldGraph, IsolatedImagesShow) {
  // The kernel vanishes for isotropic features of many dimensions.
  const ManifoldGraph graph = MeasureManifoldGraph(Random(256, 768, 2), 128);
  EXPECT_LT(graph.mean_degree, 1e-4);
  EXPECT_GT(graph.share_below_floor, 0.9);
}

TEST(ManifoldGraph, OnlyFullBatchesCount) {
  const at::Tensor x = Random(20, 3, 3);
  const double whole = MeasureManifoldGraph(x, 20).mean_degree;
  EXPECT_NEAR(MeasureManifoldGraph(x, 1000).mean_degree, whole, 1e-12);
  EXPECT_LT(MeasureManifoldGraph(x, 5).mean_degree, whole);
}

}  // namespace
}  // namespace caldera::eval
