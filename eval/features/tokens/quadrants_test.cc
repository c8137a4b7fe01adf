#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "eval/features/tokens/token_feature.h"
#include "vit/module_testing.h"

namespace caldera::eval {
namespace {

TEST(Quadrants, AreTheBinsOfAdaptivePooling) {
  const auto feature = TokenFeaturePart::CreateNamed("feature", "QUADRANTS");
  ASSERT_EQ(feature.status(), absl::OkStatus());
  EXPECT_TRUE((*feature)->needs_all_patches());
  EXPECT_EQ((*feature)->width(8), 32);
  for (const int64_t side : {1, 2, 3, 4, 7}) {
    // One token, as CLS, precedes those of the patches.
    const at::Tensor tokens =
        vit::Normal({3, 1 + side * side, 8}, /*seed=*/side);
    const at::Tensor read = (*feature)->Read(tokens, 1);
    const at::Tensor bins =
        at::adaptive_avg_pool2d(tokens.slice(1, 1)
                                    .unflatten(1, {side, side})
                                    .permute({0, 3, 1, 2}),  // [B, D, s, s]
                                {2, 2})
            .flatten(2)       // [B, D, 4]
            .transpose(1, 2)  // [B, 4, D]
            .flatten(1);
    ASSERT_EQ(read.sizes(), bins.sizes()) << side;
    EXPECT_LT((read - bins).abs().max().item<double>(), 1e-12) << side;
  }
}

TEST(Quadrants, KnowWhereSomethingIs) {
  const auto feature = TokenFeaturePart::CreateNamed("feature", "QUADRANTS");
  ASSERT_EQ(feature.status(), absl::OkStatus());
  at::Tensor tokens = vit::Normal({1, 16, 2}, 1).zero_();
  tokens[0][3].fill_(4);  // the top right patch of 4 x 4
  const at::Tensor read = (*feature)->Read(tokens, 0);  // [1, 4 * 2]
  EXPECT_EQ(read[0][2].item<double>(), 1);
  EXPECT_EQ(read[0][3].item<double>(), 1);
  EXPECT_EQ(read.sum().item<double>(), 2);
}

}  // namespace
}  // namespace caldera::eval
