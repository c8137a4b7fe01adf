#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

std::unique_ptr<AuxiliaryLoss> Make(const char* patches) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("id_accuracy");
  spec.mutable_custom()->add_option(std::string("patches=") + patches);
  ModelSizes sizes;
  sizes.target_is_ids = true;
  return *AuxiliaryLossPart::Create(spec, sizes);
}

// Scores [B, M, 4] whose largest is at `named` [B, M].
at::Tensor Naming(const at::Tensor& named) {
  return at::one_hot(named, 4).to(at::kFloat) + 0.1;
}

TEST(IdAccuracy, CountsTheRemovedPatches) {
  StepContext context;
  context.target = at::tensor({0, 1, 2, 3, 3, 2, 1, 0}, at::kLong).view({2, 4});
  context.mask.ids_remove = at::tensor({3, 1, 0, 2}, at::kLong).view({2, 2});
  // Of all patches, 3 and 1 of the first image and 0 of the second are right.
  context.prediction =
      Naming(at::tensor({1, 1, 1, 3, 3, 3, 3, 3}, at::kLong).view({2, 4}));
  EXPECT_EQ(Make("REMOVED")->Compute(context, false).value.item<float>(), 0.75);
  EXPECT_EQ(Make("ALL")->Compute(context, false).value.item<float>(), 0.375);
  // The ids are those of the removed patches, in their order.
  context.prediction = Naming(at::tensor({3, 0, 3, 1}, at::kLong).view({2, 2}));
  EXPECT_EQ(Make("REMOVED")->Compute(context, false).value.item<float>(), 0.75);
}

TEST(IdAccuracy, SaysHowFarTheCommonestIdGoes) {
  StepContext context;
  context.target = at::tensor({0, 1, 2, 1, 3, 2, 1, 0}, at::kLong).view({2, 4});
  context.mask.ids_remove = at::tensor({3, 1, 0, 2}, at::kLong).view({2, 2});
  context.prediction = Naming(at::zeros({2, 2}, at::kLong));
  // The removed ids are 1 and 1, 3 and 1.
  const AuxiliaryOutput out = Make("REMOVED")->Compute(context, true);
  ASSERT_EQ(out.diagnostics.size(), 1u);
  EXPECT_EQ(out.diagnostics[0].first, "commonest");
  EXPECT_EQ(out.diagnostics[0].second, 0.75);
  EXPECT_TRUE(Make("REMOVED")->Compute(context, false).diagnostics.empty());
}

TEST(IdAccuracy, NeedsIds) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("id_accuracy");
  EXPECT_EQ(AuxiliaryLossPart::Create(spec, {}).status().message().find(
                "custom.id_accuracy: the method predicts no ids"),
            0);
}

}  // namespace
}  // namespace caldera::ssl
