#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <vector>

#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

std::unique_ptr<AuxiliaryLoss> Make() {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("loss_rank");
  ModelSizes sizes;
  sizes.num_masks = 1;
  return *AuxiliaryLossPart::Create(spec, sizes);
}

// The context of one image.
at::Tensor Row(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).unsqueeze(0);
}

float Value(const at::Tensor& scores, const at::Tensor& losses) {
  StepContext context;
  context.patch_score = scores;
  context.patch_loss = losses;
  context.mask.ids_remove = at::tensor({4, 0, 2, 1}, at::kLong).view({1, 4});
  return Make()->Compute(context, false).value.item<float>();
}

TEST(LossRank, IsSpearmansCorrelation) {
  const at::Tensor losses = Row({0.1, 0.4, 0.2, 0.9});
  EXPECT_EQ(Value(losses.exp(), losses), 1);
  EXPECT_EQ(Value(-losses, losses), -1);
  // The ranks are 1, 0, 2, 3 and 0, 2, 1, 3: 1 - 6 (1 + 4 + 1) / (4 15).
  EXPECT_NEAR(Value(Row({2.0, 1.0, 5.0, 9.0}), losses), 0.4, 1e-6);
}

TEST(LossRank, TakesTheRemovedOfAllPatches) {
  // Patches 4, 0, 2, 1 of five are removed.
  const at::Tensor losses = Row({0.4, 0.9, 0.2, 7.0, 0.1});
  EXPECT_EQ(Value(Row({1.0, 3.0, 2.0, 4.0}), losses), 1);
}

TEST(LossRank, NeedsPatchesThatAreHidden) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("loss_rank");
  EXPECT_EQ(
      AuxiliaryLossPart::Create(spec, {}).status().message(),
      "custom.loss_rank: the method hides no patches; use it with mae {}");
}

}  // namespace
}  // namespace caldera::ssl
