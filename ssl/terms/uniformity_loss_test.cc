#include "ssl/terms/uniformity_loss.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "ssl/losses/uniformity.h"
#include "ssl/terms/make_auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

TEST(UniformityLoss, ReadsTheFeatureThatTheSpecNames) {
  StepContext context;
  context.latent = vit::Normal({3, 4, 5}, 1);  // [B, 1 + Nv, D]
  const at::Tensor cls = context.latent.slice(1, 0, 1).squeeze(1);
  at::Tensor sum = context.latent.slice(1, 1, 2).squeeze(1);
  for (int64_t token = 2; token < 4; ++token) {
    sum = sum + context.latent.slice(1, token, token + 1).squeeze(1);
  }

  const ModelSizes sizes;
  AuxiliaryLossSpec spec;
  spec.mutable_uniformity();
  const auto by_default = MakeAuxiliaryLoss(spec, sizes, /*seed=*/0);
  ASSERT_TRUE(by_default.ok()) << by_default.status();
  EXPECT_TRUE((*by_default)
                  ->Compute(context, /*with_diagnostics=*/false)
                  .value.equal(Uniformity(cls)));
  spec.mutable_uniformity()->set_feature(eval::EvalSpec::MEAN);
  const auto of_mean = MakeAuxiliaryLoss(spec, sizes, /*seed=*/0);
  ASSERT_TRUE(of_mean.ok()) << of_mean.status();
  EXPECT_NEAR((*of_mean)->Compute(context, false).value.item<double>(),
              Uniformity(sum / 3).item<double>(), 1e-15);
}

}  // namespace
}  // namespace caldera::ssl
