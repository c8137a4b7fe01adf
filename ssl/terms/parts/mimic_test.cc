// Compares the term with its formula, and tests where its gradient goes.

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kWidth = 4, kTeacherWidth = 6;

struct Mimicry {
  explicit Mimicry(bool layer_norm) {
    AuxiliaryLossSpec spec;
    spec.mutable_mimic()->set_layer_norm(layer_norm);
    ModelSizes sizes;
    sizes.encoder.set_embed_dim(kWidth);
    sizes.teacher.emplace();
    sizes.teacher->set_embed_dim(kTeacherWidth);
    auto made = MakeAuxiliaryLoss(spec, sizes);
    EXPECT_TRUE(made.ok()) << made.status();
    loss = *std::move(made);
    loss->Build(/*seed=*/3, {});
    loss->module()->to(at::kDouble);
    context.latent = vit::Normal({2, 3, kWidth}, 1).requires_grad_();
    context.mask.ids_keep = at::tensor({4, 1, 0, 2}, at::kLong).view({2, 2});
    context.teacher_tokens =
        vit::Normal({2, 6, kTeacherWidth}, 2);  // 5 patches
  }

  at::Tensor Value() { return loss->Compute(context, false).value; }

  std::unique_ptr<AuxiliaryLoss> loss;
  StepContext context;
};

// Computes the term patch by patch and number by number.
double SlowMimicry(Mimicry& mimicry, bool layer_norm) {
  const auto parameters = mimicry.loss->module()->named_parameters();
  const at::Tensor weight = parameters["fc.weight"];  // [Dt, D]
  const at::Tensor bias = parameters["fc.bias"];
  double sum = 0;
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t v = 0; v < 2; ++v) {
      const int64_t patch = mimicry.context.mask.ids_keep[b][v].item<int64_t>();
      const at::Tensor student =
          weight.matmul(mimicry.context.latent[b][1 + v]) + bias;
      at::Tensor teacher = mimicry.context.teacher_tokens[b][1 + patch];
      if (layer_norm) {
        teacher = (teacher - teacher.mean()) /
                  (teacher.var(/*unbiased=*/false) + 1e-5).sqrt();
      }
      sum += (student - teacher).square().sum().item<double>();
    }
  }
  return sum / (2 * 2 * kTeacherWidth);
}

TEST(MimicLoss, ComparesVisibleTokensWithTheTeachersOfTheSamePatches) {
  for (const bool layer_norm : {false, true}) {
    Mimicry mimicry(layer_norm);
    EXPECT_NEAR(mimicry.Value().item<double>(),
                SlowMimicry(mimicry, layer_norm), 1e-12);
    // This teacher reads the visible patches only, in their order.
    const at::Tensor all = mimicry.context.teacher_tokens;
    const double expected = mimicry.Value().item<double>();
    mimicry.context.teacher_tokens = all.slice(1, 0, 3).clone();
    for (int64_t b = 0; b < 2; ++b) {
      for (int64_t v = 0; v < 2; ++v) {
        mimicry.context.teacher_tokens[b][1 + v].copy_(
            all[b][1 + mimicry.context.mask.ids_keep[b][v].item<int64_t>()]);
      }
    }
    EXPECT_NEAR(mimicry.Value().item<double>(), expected, 1e-12);
  }
}

TEST(MimicLoss, GradientIsTheDerivativeAndLeavesTheTeacherAlone) {
  Mimicry mimicry(true);
  mimicry.context.teacher_tokens.requires_grad_();
  mimicry.Value().backward();
  EXPECT_FALSE(mimicry.context.teacher_tokens.grad().defined());
  mimicry.context.latent.mutable_grad() = at::Tensor();
  const auto parameters = mimicry.loss->module()->named_parameters();
  for (const auto& item : parameters) {
    item.value().mutable_grad() = at::Tensor();
  }
  vit::ExpectGradients([&] { return mimicry.Value(); },
                       {{"latent", mimicry.context.latent},
                        {"weight", parameters["fc.weight"]},
                        {"bias", parameters["fc.bias"]}});
}

}  // namespace
}  // namespace caldera::ssl
