// Compares the term with its formula, and tests where its gradient goes and how
// the averaged head is updated.
#include "ssl/terms/parts/broad_context.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

constexpr int64_t kImages = 4, kMasks = 2, kWidth = 4;

ModelSizes Sizes() {
  ModelSizes sizes;
  sizes.encoder.set_embed_dim(kWidth);
  sizes.teacher = sizes.encoder;
  sizes.teacher_input = ModelSizes::TeacherInput::kWhole;
  sizes.teacher_is_ema = true;
  sizes.num_masks = kMasks;
  sizes.images = kImages;
  return sizes;
}

AuxiliaryLossSpec Spec() {
  AuxiliaryLossSpec spec;
  spec.mutable_broad_context()->set_hidden_dim(7);
  spec.mutable_broad_context()->set_output_dim(5);
  return spec;
}

struct Contextualisation {
  Contextualisation() {
    auto made = MakeAuxiliaryLoss(Spec(), Sizes());
    EXPECT_TRUE(made.ok()) << made.status();
    loss = *std::move(made);
    EXPECT_EQ(loss->module(), nullptr);
    loss->Build(/*seed=*/3, {});
    loss->module()->to(at::kDouble);
    loss->module()->train();
    context.latent =
        vit::Normal({kImages * kMasks, 3, kWidth}, 1).requires_grad_();
    context.teacher_tokens = vit::Normal({kImages, 6, kWidth}, 2)
                                 .repeat_interleave(kMasks, 0)
                                 .requires_grad_();
  }

  at::Tensor Value() { return loss->Compute(context, false).value; }
  // A parameter or statistic.
  at::Tensor operator[](const std::string& name) const {
    return vit::GetStateDict(*loss->module()).at(name);
  }

  std::unique_ptr<AuxiliaryLoss> loss;
  StepContext context;
};

// Computes Linear, BatchNorm with the statistics of these rows, ReLU, Linear.
at::Tensor SlowHead(const Contextualisation& c, const std::string& name,
                    const at::Tensor& x) {
  const at::Tensor h =
      x.matmul(c[name + ".0.weight"].t()) + c[name + ".0.bias"];
  const at::Tensor normalised =
      (h - h.mean(0)) / (h.var(0, /*unbiased=*/false) + 1e-5).sqrt() *
          c[name + ".1.weight"] +
      c[name + ".1.bias"];
  return at::relu(normalised).matmul(c[name + ".3.weight"].t()) +
         c[name + ".3.bias"];
}

double SlowValue(const Contextualisation& c) {
  double sum = 0;
  for (int64_t k = 0; k < kMasks; ++k) {
    at::Tensor visible = at::zeros({kImages, kWidth}, at::kDouble);
    at::Tensor whole = at::zeros({kImages, kWidth}, at::kDouble);
    for (int64_t b = 0; b < kImages; ++b) {
      const int64_t row = b * kMasks + k;
      for (int64_t n = 1; n < 3; ++n) {
        visible[b] += c.context.latent.detach()[row][n] / 2;
      }
      for (int64_t n = 1; n < 6; ++n) {
        whole[b] += c.context.teacher_tokens.detach()[row][n] / 5;
      }
    }
    const at::Tensor z = SlowHead(c, "predictor", SlowHead(c, "head", visible));
    const at::Tensor t = SlowHead(c, "teacher", whole);
    for (int64_t b = 0; b < kImages; ++b) {
      sum +=
          2 - 2 * (z[b].dot(t[b]) / (z[b].norm() * t[b].norm())).item<double>();
    }
  }
  return sum / (kImages * kMasks);
}

TEST(BroadContextLoss, EqualsTheLoop) {
  Contextualisation c;
  const double expected = SlowValue(c);
  EXPECT_NEAR(c.Value().item<double>(), expected, 1e-12);
}

TEST(BroadContextLoss, IsZeroForEqualDirections) {
  const at::Tensor x = vit::Normal({3, 5}, 1);
  EXPECT_NEAR(AngularDistance(x, 3 * x).item<double>(), 0, 1e-12);
  EXPECT_NEAR(AngularDistance(x, -x).item<double>(), 4, 1e-12);
}

TEST(BroadContextLoss, GradientIsTheDerivativeAndLeavesTheTeacherAlone) {
  Contextualisation c;
  // The features are far from 0, where BatchNorm is nearly flat over the steps.
  vit::FillNormal(*c.loss->module(), 3, 5);
  c.Value().backward();
  EXPECT_FALSE(c.context.teacher_tokens.grad().defined());
  c.context.latent.mutable_grad() = at::Tensor();
  std::map<std::string, at::Tensor> leaves = {{"latent", c.context.latent}};
  for (const auto& item : c.loss->module()->named_parameters()) {
    const bool teacher = item.key().rfind("teacher.", 0) == 0;
    EXPECT_EQ(item.value().requires_grad(), !teacher) << item.key();
    EXPECT_EQ(item.value().grad().defined(), !teacher) << item.key();
    item.value().mutable_grad() = at::Tensor();
    if (!teacher) leaves[item.key()] = item.value();
  }
  vit::ExpectGradients([&] { return c.Value(); }, leaves);
}

// The averaged head begins as the head and follows it, by BYOL's momentum:
// 0.996 at first, 1 at the end.
TEST(BroadContextLoss, TheAveragedHeadFollows) {
  Contextualisation c;
  for (const char* name : {"0.weight", "1.weight", "3.bias"}) {
    EXPECT_TRUE(c[std::string("teacher.") + name].equal(
        c[std::string("head.") + name]));
  }
  for (const at::Tensor& p : c.loss->module()->parameters()) {
    if (p.requires_grad()) p.detach().add_(1);
  }
  RunPosition at;
  at.run.total_steps = 100;
  for (const auto& [step, momentum] :
       {std::pair<int64_t, double>(0, 0.996), {50, 0.998}, {100, 1.0}}) {
    const vit::StateDict before = vit::GetStateDict(*c.loss->module());
    std::map<std::string, at::Tensor> expected;
    for (const auto& [name, value] : before) {
      if (name.rfind("teacher.", 0) != 0) continue;
      const at::Tensor head = before.at("head." + name.substr(8));
      expected[name] = momentum * value + (1 - momentum) * head;
    }
    at.step = step;
    c.loss->AfterOptimizerStep(at);
    ASSERT_EQ(expected.size(), 6);
    for (const auto& [name, value] : expected) {
      EXPECT_TRUE(c[name].allclose(value, 1e-12, 1e-12)) << name;
    }
  }
}

// Diagnostics may ask for the value once more.
TEST(BroadContextLoss, LeavesNoTrace) {
  Contextualisation c;
  const vit::StateDict state = vit::GetStateDict(*c.loss->module());
  EXPECT_EQ(state.size(), 18);  // only weights and biases
  const at::Tensor first = c.Value();
  EXPECT_TRUE(first.equal(c.Value()));
  c.loss->module()->eval();
  EXPECT_TRUE(first.equal(c.Value()));
}

TEST(BroadContextLoss, RefusesWhatHasNoMeaning) {
  const auto error = [](const AuxiliaryLossSpec& spec,
                        const ModelSizes& sizes) {
    return std::string(MakeAuxiliaryLoss(spec, sizes).status().message());
  };
  ModelSizes frozen = Sizes(), visible = Sizes(), none = Sizes();
  frozen.teacher_is_ema = false;
  visible.teacher_input = ModelSizes::TeacherInput::kVisible;
  none.teacher.reset();
  for (const ModelSizes& sizes : {frozen, visible, none}) {
    EXPECT_THAT(error(Spec(), sizes),
                StartsWith("broad_context: needs a moving average"));
  }
  ModelSizes one = Sizes();
  one.images = 1;
  EXPECT_THAT(error(Spec(), one),
              StartsWith("broad_context: its BatchNorm compares the images"));
  AuxiliaryLossSpec spec = Spec();
  spec.mutable_broad_context()->set_hidden_dim(0);
  EXPECT_THAT(error(spec, Sizes()),
              StartsWith("broad_context.hidden_dim: 0 is not at least 1"));
  spec = Spec();
  spec.mutable_broad_context()->set_output_dim(-1);
  EXPECT_THAT(error(spec, Sizes()),
              StartsWith("broad_context.output_dim: -1 is not at least 0"));
  spec = Spec();
  spec.mutable_broad_context()->mutable_momentum()->set_constant(1.5);
  EXPECT_THAT(error(spec, Sizes()),
              StartsWith("broad_context.momentum.constant: 1.5"));
}

}  // namespace
}  // namespace caldera::ssl
