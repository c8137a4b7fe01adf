// Tests on a GPU: the numbers are the CPU's, the host does not synchronise, and
// a CUDA graph can capture the loss.
//
//   ./bazelw test --config=cuda //magma:manifold_loss_gpu_test
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "gtest/gtest.h"
#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

struct Result {
  at::Tensor loss, dx, dy;
};

Result LossOf(const at::Tensor& x, const at::Tensor& y,
              const ManifoldLossOptions& options) {
  const at::Tensor x_leaf = x.detach().requires_grad_();
  const at::Tensor y_leaf = y.detach().requires_grad_();
  const at::Tensor loss = ManifoldLoss(x_leaf, y_leaf, options);
  loss.backward();
  return {loss.detach(), x_leaf.grad(), y_leaf.grad()};
}

double RelativeError(const at::Tensor& value, const at::Tensor& expected) {
  const at::Tensor exact = expected.to(at::kDouble);
  return ((value.cpu().to(at::kDouble) - exact).norm() / exact.norm())
      .item<double>();
}

class ManifoldLossGpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA() || c10::cuda::device_count() == 0) {
      GTEST_SKIP() << "no GPU";
    }
    at::manual_seed(3);
    const at::Tensor sheet = at::randn({256, 3});
    x_ = sheet.matmul(at::randn({3, 192})).tanh() + 10;
    y_ = sheet.matmul(at::randn({3, 192})).sin();
  }
  at::Tensor x_, y_;
};

TEST_F(ManifoldLossGpuTest, GivesTheCpusNumbers) {
  for (const BandwidthKind bandwidth :
       {BandwidthKind::kBatchStd, BandwidthKind::kBatchMean,
        BandwidthKind::kMedian, BandwidthKind::kNearestNeighbours}) {
    for (const LaplacianKind laplacian :
         {LaplacianKind::kSymmetric, LaplacianKind::kUnnormalized,
          LaplacianKind::kRandomWalk}) {
      SCOPED_TRACE(static_cast<int>(bandwidth) * 10 +
                   static_cast<int>(laplacian));
      ManifoldLossOptions options;
      options.bandwidth = bandwidth;
      options.laplacian = laplacian;
      const Result expected =
          LossOf(x_.to(at::kDouble), y_.to(at::kDouble), options);
      const Result result = LossOf(x_.cuda(), y_.cuda(), options);
      EXPECT_LT(RelativeError(result.loss, expected.loss), 1e-5);
      EXPECT_LT(RelativeError(result.dx, expected.dx), 1e-4);
      EXPECT_LT(RelativeError(result.dy, expected.dy), 1e-5);
    }
  }
}

TEST_F(ManifoldLossGpuTest, ACudaGraphReplaysIt) {
  const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
  const c10::cuda::CUDAStreamGuard guard(stream);
  at::Tensor x = x_.cuda(), y = y_.cuda();
  for (int i = 0; i < 3; ++i) LossOf(x, y, {});  // warm-up
  stream.synchronize();
  at::cuda::CUDAGraph graph;
  graph.capture_begin();  // a synchronisation would fail here
  const Result captured = LossOf(x, y, {});
  graph.capture_end();

  x.copy_(x_.flip(0) * 2);
  y.copy_(y_.flip(0) * 3);
  graph.replay();
  stream.synchronize();
  const Result expected = LossOf(x, y, {});
  EXPECT_TRUE(captured.loss.equal(expected.loss));
  EXPECT_TRUE(captured.dx.equal(expected.dx));
  EXPECT_TRUE(captured.dy.equal(expected.dy));
}

}  // namespace
}  // namespace caldera::magma
