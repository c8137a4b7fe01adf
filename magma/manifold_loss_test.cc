#include "magma/manifold_loss.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "magma/manifold_loss_testing.h"
#include "magma/peak_memory.h"

namespace caldera::magma {
namespace {

TEST(ManifoldLossTest, DetachedReferenceGetsNoGradient) {
  ManifoldLossOptions options;
  options.detach_reference = true;
  at::Tensor x = Features(16, 12, 1).requires_grad_();
  at::Tensor y = Features(16, 12, 2).requires_grad_();
  ManifoldLoss(x, y, options).backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_LT(Error(y.grad(), Ours(x, y).dy), 1e-15);
}

TEST(ManifoldLossTest, PermutingTheBatchPermutesTheGradients) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  const at::Tensor order = at::randperm(16);
  const Result plain = Ours(x, y);
  const Result permuted =
      Ours(x.index_select(0, order), y.index_select(0, order));
  EXPECT_LT(Error(permuted.loss, plain.loss), 1e-13);
  EXPECT_LT(Error(permuted.dx, plain.dx.index_select(0, order)), 1e-12);
  EXPECT_LT(Error(permuted.dy, plain.dy.index_select(0, order)), 1e-12);
}

TEST(ManifoldLossTest, ScalingXChangesNothingScalingYSquares) {
  for (const double factor : {1e-18, 1e-4, 7.0, 1e15}) {
    const at::Tensor x = Features(48, 12, 1).to(at::kFloat);
    const at::Tensor y = Features(48, 12, 2).to(at::kFloat);
    const Result plain = Ours(x, y);
    const Result wide = Ours(x * factor, y);
    EXPECT_LT(Error(wide.loss, plain.loss), 1e-5) << factor;
    EXPECT_LT(Error(wide.dx * factor, plain.dx), 1e-5) << factor;
    const Result tall = Ours(x, y * factor);
    EXPECT_LT(Error(tall.loss / factor / factor, plain.loss), 1e-5) << factor;
    EXPECT_LT(Error(tall.dx / factor / factor, plain.dx), 1e-5) << factor;
    EXPECT_LT(Error(tall.dy / factor, plain.dy), 1e-5) << factor;
  }
}

// The features are as wide as a ViT-B's, with an offset of ten times their
// spread.
TEST(ManifoldLossTest, OffsetCostsLittleInFloat) {
  const at::Tensor x = (at::randn({256, 768}) + Features(256, 768, 3) + 30);
  const at::Tensor y = (Features(256, 768, 4) + 30);
  const Result ours = Ours(x.to(at::kFloat), y.to(at::kFloat));
  // The closed form in double replaces the reference, which agrees with it to
  // 1e-11 and would take gigabytes here.
  const Result expected =
      Ours(x.to(at::kFloat).to(at::kDouble), y.to(at::kFloat).to(at::kDouble));
  EXPECT_LT(Error(ours.dx, expected.dx), 1e-5);
  EXPECT_LT(Error(ours.dy, expected.dy), 1e-5);
}

TEST(ManifoldLossTest, HalfPrecisionIsComputedInFloat) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor x = Features(48, 24, 1).to(type);
    const at::Tensor y = Features(48, 24, 2).to(type);
    const Result half = Ours(x, y);
    const Result single = Ours(x.to(at::kFloat), y.to(at::kFloat));
    EXPECT_EQ(half.loss.scalar_type(), at::kFloat);
    EXPECT_EQ(half.dx.scalar_type(), type);
    EXPECT_EQ(half.dy.scalar_type(), type);
    EXPECT_TRUE(half.loss.equal(single.loss));
    EXPECT_TRUE(half.dx.equal(single.dx.to(type)));
    EXPECT_TRUE(half.dy.equal(single.dy.to(type)));
  }
}

TEST(ManifoldLossTest, AutocastDoesNotReachIt) {
  const at::Tensor x = Features(48, 24, 1).to(at::kFloat);
  const at::Tensor y = Features(48, 24, 2).to(at::kFloat);
  const Result plain = Ours(x, y);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Result cast = Ours(x, y);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_TRUE(cast.loss.equal(plain.loss));
  EXPECT_TRUE(cast.dx.equal(plain.dx));
}

TEST(ManifoldLossTest, TransposedAndStridedFeatures) {
  const at::Tensor x = Features(16, 24, 1), y = Features(16, 24, 2);
  const Result plain = Ours(x, y);
  const at::Tensor transposed = x.t().contiguous().t();
  const at::Tensor strided = at::stack({y, y * 3}, 2).select(2, 0);
  EXPECT_TRUE(ManifoldLoss(transposed, strided, {}).equal(plain.loss));
}

TEST(ManifoldLossTest, OuterGradientMultiplies) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  const Result plain = Ours(x, y);
  at::Tensor leaf = x.clone().requires_grad_();
  (ManifoldLoss(leaf, y, {}) * 2.5).backward();
  EXPECT_LT(Error(leaf.grad(), plain.dx * 2.5), 1e-15);
}

TEST(ManifoldLossTest, XAndYMayBeTheSameTensor) {
  const at::Tensor x = Features(16, 12, 1);
  at::Tensor leaf = x.clone().requires_grad_();
  ManifoldLoss(leaf, leaf, {}).backward();
  const Result apart = Ours(x, x);
  EXPECT_LT(Error(leaf.grad(), apart.dx + apart.dy), 1e-14);
}

TEST(ManifoldLossTest, SecondDerivativeIsRefused) {
  at::Tensor x = Features(16, 12, 1).requires_grad_();
  at::Tensor y = Features(16, 12, 2).requires_grad_();
  const at::Tensor loss = ManifoldLoss(x, y, {});
  for (const at::Tensor& variable : {x, y}) {
    const at::Tensor gradient =
        torch::autograd::grad({loss}, {variable}, {}, /*retain_graph=*/true,
                              /*create_graph=*/true)[0];
    EXPECT_LT(Error(gradient.detach(),
                    variable.equal(x) ? Ours(x, y).dx : Ours(x, y).dy),
              1e-15);
    try {
      gradient.square().sum().backward();
      FAIL() << "no error";
    } catch (const c10::Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("no second derivative"));
    }
  }
}

TEST(ManifoldLossTest, KeepsNoMatrixAndAtMostFourAtOnce) {
  const int64_t batch = 512, matrix = batch * batch * 4;
  at::Tensor x = at::randn({batch, 8}).requires_grad_();
  at::Tensor y = at::randn({batch, 8}).requires_grad_();
  PeakMemory forward;
  at::Tensor loss = ManifoldLoss(x, y, {});
  EXPECT_LT(forward.bytes(), 4.2 * matrix);  // and rows of width 8
  PeakMemory backward;
  loss.backward();
  EXPECT_LT(backward.bytes(), matrix / 2);
}

TEST(ManifoldLossTest, WithoutGradientsFewerMatrices) {
  const int64_t batch = 512, matrix = batch * batch * 4;
  const at::Tensor x = at::randn({batch, 8}), y = at::randn({batch, 8});
  PeakMemory memory;
  EXPECT_FALSE(ManifoldLoss(x, y, {}).requires_grad());
  EXPECT_LT(memory.bytes(), 3.2 * matrix);
}

TEST(ManifoldLossTest, RefusesWhatIsNoPairOfFeatures) {
  const at::Tensor x = at::randn({4, 3});
  EXPECT_THROW(ManifoldLoss(x, at::randn({5, 3}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, at::randn({4, 3, 2}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, at::empty({4, 0}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(at::empty({0, 3}), at::empty({0, 3}), {}),
               c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x.to(at::kLong), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x, Scale(0)), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x, Fixed(-1)), c10::Error);
  ManifoldLossOptions options;
  options.bandwidth_neighbours = 0;
  EXPECT_THROW(ManifoldLoss(x, x, options), c10::Error);
}

}  // namespace
}  // namespace caldera::magma
