// Compares the term with its formula, and tests where its gradient goes and
// that the head reads visible patches only.

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <map>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

constexpr int64_t kWidth = 4, kTarget = 5;

ModelSizes Sizes() {
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(kWidth);
  sizes.num_masks = 1;
  sizes.target_dim = kTarget;
  return sizes;
}

struct Prediction {
  Prediction() {
    AuxiliaryLossSpec spec;
    spec.mutable_visible_target()->set_hidden_dim(6);
    auto made = MakeAuxiliaryLoss(spec, Sizes());
    EXPECT_TRUE(made.ok()) << made.status();
    loss = *std::move(made);
    loss->Build(/*seed=*/3, {});
    // The targets give differences on both sides of beta.
    vit::FillNormal(*loss->module(), 2, 4);
    context.latent = vit::Normal({2, 3, kWidth}, 1).requires_grad_();
    context.mask.ids_keep = at::tensor({4, 1, 0, 2}, at::kLong).view({2, 2});
    context.target = vit::Normal({2, 5, kTarget}, 2);
  }

  at::Tensor Value() { return loss->Compute(context, false).value; }

  std::unique_ptr<AuxiliaryLoss> loss;
  StepContext context;
};

// (x - mean) / deviation of one vector.
at::Tensor Normalised(const at::Tensor& x) {
  return (x - x.mean()) / (x.var(/*unbiased=*/false) + 1e-6).sqrt();
}

// Computes the term patch by patch and number by number.
double SlowValue(Prediction& p) {
  const auto w = p.loss->module()->named_parameters();
  const auto layer = [&](const std::string& name, const at::Tensor& x) {
    return w[name + ".weight"].matmul(x) + w[name + ".bias"];
  };
  const auto norm = [&](const std::string& name, const at::Tensor& x) {
    return Normalised(x) * w[name + ".weight"] + w[name + ".bias"];
  };
  double sum = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t v = 0; v < 2; ++v) {
      const int64_t patch = p.context.mask.ids_keep[b][v].item<int64_t>();
      at::Tensor h = p.context.latent[b][1 + v];
      h = at::gelu(norm("norm1", layer("fc1", h)));
      h = at::gelu(norm("norm2", layer("fc2", h)));
      h = layer("pred", Normalised(layer("fc3", h)));
      for (int64_t t = 0; t < kTarget; ++t) {
        const double d =
            std::abs((h[t] - p.context.target[b][patch][t]).item<double>());
        sum += d < 2 ? d * d / 4 : d - 1;
      }
    }
  }
  return sum / (2 * 2 * kTarget);
}

TEST(VisibleTargetLoss, EqualsTheLoop) {
  Prediction p;
  EXPECT_NEAR(p.Value().item<double>(), SlowValue(p), 1e-12);
}

TEST(VisibleTargetLoss, GradientIsTheDerivative) {
  Prediction p;
  std::map<std::string, at::Tensor> leaves = {{"latent", p.context.latent}};
  for (const auto& item : p.loss->module()->named_parameters()) {
    leaves[item.key()] = item.value();
  }
  vit::ExpectGradients([&] { return p.Value(); }, leaves);
}

TEST(VisibleTargetLoss, ReadsNeitherTheClsTokenNorHiddenPatches) {
  Prediction p;
  const double before = p.Value().item<double>();
  p.context.target[0][0].add_(1);  // visible in the second image only
  p.context.target[1][1].add_(1);  // visible in the first image only
  p.context.latent = p.context.latent.detach().clone();
  p.context.latent.select(1, 0).add_(1);
  EXPECT_EQ(p.Value().item<double>(), before);
  p.context.target[0][4].add_(1);
  EXPECT_NE(p.Value().item<double>(), before);
}

TEST(VisibleTargetLoss, RefusesWhatHasNoMeaning) {
  const auto error = [](const AuxiliaryLossSpec& spec,
                        const ModelSizes& sizes) {
    return std::string(MakeAuxiliaryLoss(spec, sizes).status().message());
  };
  AuxiliaryLossSpec spec;
  spec.mutable_visible_target();
  ModelSizes none = Sizes(), ids = Sizes();
  none.target_dim = 0;
  ids.target_is_ids = true;
  EXPECT_THAT(error(spec, none),
              StartsWith("visible_target: the method has no target"));
  EXPECT_THAT(error(spec, ids),
              StartsWith("visible_target: compares numbers, but mae.target"));
  spec.mutable_visible_target()->set_beta(0);
  EXPECT_THAT(error(spec, Sizes()),
              StartsWith("visible_target.beta: 0 is not above 0"));
  spec.mutable_visible_target()->set_beta(1);
  spec.mutable_visible_target()->set_hidden_dim(-1);
  EXPECT_THAT(error(spec, Sizes()),
              StartsWith("visible_target.hidden_dim: -1 is not at least 0"));
}

}  // namespace
}  // namespace caldera::ssl
