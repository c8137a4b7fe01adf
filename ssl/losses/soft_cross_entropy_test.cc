#include "ssl/losses/soft_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Computes the definition entry by entry.
double SlowLoss(const at::Tensor& logits, const at::Tensor& targets) {
  const int64_t b = logits.size(0), k = logits.size(1);
  double loss = 0;
  for (int64_t i = 0; i < b; ++i) {
    double sum = 0;
    for (int64_t c = 0; c < k; ++c) {
      sum += std::exp(logits[i][c].item<double>());
    }
    for (int64_t c = 0; c < k; ++c) {
      loss -= targets[i][c].item<double>() *
              std::log(std::exp(logits[i][c].item<double>()) / sum);
    }
  }
  return loss / static_cast<double>(b);
}

at::Tensor Shares(int64_t b, int64_t k) {
  return at::softmax(2 * vit::Normal({b, k}, 9), 1);
}

TEST(SoftCrossEntropy, EqualsTheLoop) {
  const at::Tensor logits = vit::Normal({5, 3}, 1), targets = Shares(5, 3);
  EXPECT_NEAR(SoftCrossEntropy(logits, targets).item<double>(),
              SlowLoss(logits, targets), 1e-13);
}

TEST(SoftCrossEntropy, GradientIsTheDerivative) {
  at::Tensor logits = vit::Normal({4, 3}, 2).requires_grad_();
  const at::Tensor targets = Shares(4, 3);
  vit::ExpectGradients([&] { return SoftCrossEntropy(logits, targets); },
                       {{"logits", logits}});
}

TEST(SoftCrossEntropy, GradientThroughSmoothedLabelsIsTheDerivative) {
  at::Tensor logits = vit::Normal({4, 3}, 3).requires_grad_();
  const at::Tensor labels = at::tensor({2, 0, 0, 1}, at::kLong);
  vit::ExpectGradients(
      [&] { return SoftCrossEntropy(logits, SmoothLabels(labels, 3, 0.3)); },
      {{"logits", logits}});
}

// Hard and smoothed labels have the loss of ATen's function, which reads
// labels.
TEST(SoftCrossEntropy, OfLabelsIsAtens) {
  const at::Tensor logits = vit::Normal({6, 4}, 4);
  const at::Tensor labels = at::tensor({3, 0, 1, 1, 2, 0}, at::kLong);
  for (const double smoothing : {0.0, 0.1, 1.0}) {
    EXPECT_NEAR(SoftCrossEntropy(logits, SmoothLabels(labels, 4, smoothing))
                    .item<double>(),
                at::cross_entropy_loss(logits, labels, /*weight=*/{},
                                       at::Reduction::Mean,
                                       /*ignore_index=*/-100, smoothing)
                    .item<double>(),
                1e-6);  // the targets are float32
  }
}

TEST(SoftCrossEntropy, StaysFinite) {
  at::Tensor logits =
      at::tensor({1e4, -1e4, 0.0, 0.0}, at::kFloat).view({2, 2});
  logits.requires_grad_();
  const at::Tensor loss =
      SoftCrossEntropy(logits, at::tensor({0.f, 1.f, 1.f, 0.f}).view({2, 2}));
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), (2e4 + std::log(2)) / 2, 1e-2);
  EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
}

TEST(SoftCrossEntropy, HalvesAreComputedInFloat) {
  const at::Tensor logits = vit::Normal({6, 8}, 5).to(at::kBFloat16);
  const at::Tensor targets = Shares(6, 8);
  const at::Tensor loss = SoftCrossEntropy(logits, targets);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_NEAR(loss.item<double>(), SlowLoss(logits.to(at::kDouble), targets),
              1e-5);
}

TEST(SoftCrossEntropy, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(SoftCrossEntropy(at::ones({2, 3}), at::ones({2, 4})),
               c10::Error);
  EXPECT_THROW(SoftCrossEntropy(at::ones({3}), at::ones({3})), c10::Error);
}

TEST(SmoothLabels, RowsSumToOne) {
  const at::Tensor labels = at::tensor({1, 3}, at::kLong);
  const at::Tensor targets = SmoothLabels(labels, 4, 0.2);
  const at::Tensor expected =
      at::tensor({.05f, .85f, .05f, .05f, .05f, .05f, .05f, .85f}).view({2, 4});
  EXPECT_TRUE(targets.allclose(expected, 0, 1e-7));
  EXPECT_TRUE(targets.sum(1).allclose(at::ones({2}), 0, 1e-6));
  const at::Tensor hard = SmoothLabels(labels, 4, 0);
  EXPECT_TRUE(hard.argmax(1).equal(labels));
  EXPECT_EQ(hard.count_nonzero().item<int64_t>(), 2);
}

}  // namespace
}  // namespace caldera::ssl
