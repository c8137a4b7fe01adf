#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ssl/losses/reconstruction_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

std::unique_ptr<ReconstructionLoss> Loss() {
  ReconstructionLossSpec spec;
  spec.mutable_cross_entropy();
  auto loss = ReconstructionLossPart::Create(spec, vit::EncoderSpec());
  EXPECT_TRUE(loss.ok()) << loss.status();
  return *std::move(loss);
}

at::Tensor Ids() {
  return at::tensor({2, 0, 1, 2, 2, 4}, at::kLong).view({2, 3});
}

TEST(CrossEntropy, EqualsTheLoop) {
  const at::Tensor logits = vit::Normal({2, 3, 5}, 1), ids = Ids();
  at::Tensor mask = at::ones({2, 3}, at::kDouble);
  mask[0][1] = 0;
  const auto loss = Loss();
  EXPECT_TRUE(loss->reads_ids());
  const auto masked = loss->Compute(logits, ids, mask);
  double sum = 0, counted = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t n = 0; n < 3; ++n) {
      double total = 0;
      for (int64_t t = 0; t < 5; ++t) {
        total += std::exp(logits[b][n][t].item<double>());
      }
      const double right =
          logits[b][n][ids[b][n].item<int64_t>()].item<double>();
      const double expected = std::log(total) - right;
      EXPECT_NEAR(masked.per_patch[b][n].item<double>(), expected, 1e-14);
      sum += expected;
      counted += mask[b][n].item<double>() * expected;
    }
  }
  EXPECT_NEAR(masked.value.item<double>(), counted / 5, 1e-14);
  EXPECT_NEAR(loss->Compute(logits, ids, {}).value.item<double>(), sum / 6,
              1e-14);
}

TEST(CrossEntropy, IsLogTForEqualLogits) {
  EXPECT_NEAR(Loss()
                  ->Compute(3 * at::ones({2, 3, 7}, at::kDouble), Ids(), {})
                  .value.item<double>(),
              std::log(7), 1e-14);
}

TEST(CrossEntropy, GradientIsTheDerivative) {
  at::Tensor logits = vit::Normal({2, 3, 5}, 2).requires_grad_();
  vit::ExpectGradients([&] { return Loss()->Compute(logits, Ids(), {}).value; },
                       {{"logits", logits}});
}

}  // namespace
}  // namespace caldera::ssl
