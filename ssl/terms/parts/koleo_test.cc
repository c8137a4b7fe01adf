#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> Make(
    const std::string& option = "", int64_t images = 7) {
  AuxiliaryLossSpec spec;
  spec.mutable_custom()->set_name("koleo");
  if (!option.empty()) spec.mutable_custom()->add_option(option);
  ModelSizes sizes;
  sizes.images = images;
  return AuxiliaryLossPart::Create(spec, sizes);
}

// tokens [B, 1 + Nv, D]
at::Tensor Value(AuxiliaryLoss& loss, const at::Tensor& tokens) {
  StepContext context;
  context.latent = tokens;
  return loss.Compute(context, false).value;
}

TEST(KoLeo, EqualsTheLoop) {
  const at::Tensor tokens = vit::Normal({7, 3, 4}, 1);
  for (const bool mean : {false, true}) {
    const auto loss = *Make(mean ? "feature=MEAN" : "");
    const at::Tensor x =
        mean ? tokens.slice(1, 1).mean(1) : tokens.select(1, 0);
    double sum = 0;
    for (int64_t i = 0; i < 7; ++i) {
      double nearest = 2;
      for (int64_t j = 0; j < 7; ++j) {
        if (j == i) continue;
        const at::Tensor apart = x[i] / x[i].norm() - x[j] / x[j].norm();
        nearest = std::min(nearest, apart.norm().item<double>());
      }
      sum += std::log(nearest);
    }
    EXPECT_NEAR(Value(*loss, tokens).item<double>(), -sum / 7, 1e-6);
  }
}

TEST(KoLeo, GradientIsTheDerivative) {
  const auto loss = *Make();
  at::Tensor tokens = vit::Normal({6, 2, 3}, 2).requires_grad_();
  vit::ExpectGradients([&] { return Value(*loss, tokens); },
                       {{"tokens", tokens}});
}

TEST(KoLeo, EqualRowsAreFinite) {
  at::Tensor tokens = at::ones({4, 2, 3}).requires_grad_();
  const auto loss = *Make();
  const at::Tensor value = Value(*loss, tokens);
  value.backward();
  EXPECT_TRUE(value.isfinite().item<bool>());
  EXPECT_TRUE(tokens.grad().isfinite().all().item<bool>());
}

TEST(KoLeo, SpreadsFeatures) {
  const auto loss = *Make();
  at::Tensor tokens = vit::Normal({8, 1, 3}, 3) * 0.1 + 1;  // all alike
  const double before = Value(*loss, tokens).item<double>();
  for (int step = 0; step < 50; ++step) {
    tokens = tokens.detach().requires_grad_();
    Value(*loss, tokens).backward();
    tokens = tokens - 0.02 * tokens.grad();
  }
  EXPECT_LT(Value(*loss, tokens).item<double>(), before - 0.5);
}

TEST(KoLeo, RefusesWhatCannotBe) {
  EXPECT_EQ(Make("eps=0").status().message(),
            "custom.option[0]: eps=0 is not above 0");
  EXPECT_EQ(Make("feature=ALL").status().message(),
            "custom.option[0]: feature=ALL is none of CLS, MEAN");
  EXPECT_EQ(Make("epsilon=1").status().message(),
            "custom.option[0]: koleo has no option \"epsilon\"; did you mean "
            "\"eps\"?");
  EXPECT_EQ(Make("", 1).status().message(),
            "custom.koleo compares the images of a batch, but train.batch_size "
            "leaves "
            "it 1; use 2 or more");
}

}  // namespace
}  // namespace caldera::ssl
