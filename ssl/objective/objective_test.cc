#include "ssl/objective/objective.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <set>

namespace caldera::ssl {
namespace {

// Makes a loss of two leaves, and taps that depend on one of them.
struct Fixture {
  at::Tensor a = at::randn({6, 4}, at::kDouble).requires_grad_();
  at::Tensor b = at::randn({6, 4}, at::kDouble).requires_grad_();
  StepOutput Output() const {
    StepOutput out;
    out.terms = {{"reconstruction", (a * b).square().mean(), 1.0}};
    out.context.taps = {{0, a * 2}, {1, a.sin()}};
    out.context.latent = (a + b).unsqueeze(1);
    return out;
  }
};

Experiment WithMagma() {
  Experiment experiment;
  experiment.mutable_encoder()->set_depth(2);
  experiment.mutable_regularizer()->mutable_magma();
  return experiment;
}

// Returns the terms for the experiment's encoder, built.
absl::StatusOr<Objective> Make(const Experiment& experiment) {
  ModelSizes sizes;
  sizes.encoder = experiment.encoder();
  sizes.images = experiment.train().batch_size();
  auto objective = Objective::Create(experiment, sizes);
  if (objective.ok()) objective->Build(experiment.seed(), {});
  return objective;
}

TotalLoss Combine(const Experiment& experiment, const StepOutput& output,
                  int64_t step = 0) {
  const auto objective = Make(experiment);
  EXPECT_TRUE(objective.ok()) << objective.status();
  return objective->Combine(output, step, {10, 100, 6}, false);
}

TEST(Objective, AsksForTheBlocksOfThePairs) {
  const auto objective = Make(WithMagma());
  ASSERT_TRUE(objective.ok());
  EXPECT_EQ(objective->request().taps, (std::set<int64_t>{0, 1}));
  EXPECT_FALSE(objective->request().latent);
  EXPECT_TRUE(Make(Experiment{})->request().taps.empty());
}

TEST(Objective, MagmaReadsTheClsTokenWhereAsked) {
  Experiment experiment = WithMagma();
  experiment.mutable_regularizer()->set_feature(eval::EvalSpec::CLS);
  const auto objective = Make(experiment);
  ASSERT_TRUE(objective.ok()) << objective.status();
  const ContextRequest request = objective->request();
  EXPECT_TRUE(request.taps.empty());
  ASSERT_EQ(request.cls_taps, (std::set<int64_t>{0, 1}));

  Fixture fixture;
  StepOutput by_mean = fixture.Output(), by_cls = fixture.Output();
  by_cls.context.taps.clear();
  for (const auto& [block, tap] : by_mean.context.taps) {
    const at::Tensor others = at::randn({6, 3, 4}, at::kDouble);
    FillTap(request, block, at::cat({tap.unsqueeze(1), others}, 1),
            by_cls.context);
  }
  EXPECT_EQ(Combine(experiment, by_cls).total.item<double>(),
            Combine(WithMagma(), by_mean).total.item<double>());

  Experiment wrong;
  wrong.mutable_encoder()->set_depth(2);
  wrong.mutable_regularizer()->mutable_uniformity();
  wrong.mutable_regularizer()->set_feature(eval::EvalSpec::CLS);
  EXPECT_EQ(Make(wrong).status().message().substr(0, 21),
            "regularizer.feature: ");
}

TEST(Objective, TotalIsTheWeightedSum) {
  Fixture fixture;
  Experiment experiment = WithMagma();
  experiment.mutable_regularizer()->mutable_weight()->set_constant(0.5);
  AuxiliaryLossSpec& uniformity = *experiment.add_auxiliary();
  uniformity.mutable_uniformity();
  uniformity.mutable_weight()->set_constant(0.01);
  const TotalLoss loss = Combine(experiment, fixture.Output());
  ASSERT_EQ(loss.terms.size(), 3);
  double sum = 0;
  for (const Term& term : loss.terms) {
    sum += term.weight * term.value.item<double>();
  }
  EXPECT_NEAR(loss.total.item<double>(), sum, 1e-12);
  EXPECT_EQ(loss.terms[1].name, "magma");
  EXPECT_EQ(loss.terms[1].weight, 0.5);
}

TEST(Objective, TermsOfOneKindAreToldApart) {
  Fixture fixture;
  Experiment experiment;
  experiment.add_auxiliary()->mutable_uniformity();
  experiment.add_auxiliary()->mutable_uniformity()->set_feature(
      eval::EvalSpec::MEAN);
  StepOutput output = fixture.Output();
  output.context.latent = at::randn({6, 3, 4}, at::kDouble);
  const TotalLoss loss = Combine(experiment, output);
  ASSERT_EQ(loss.terms.size(), 3);
  EXPECT_EQ(loss.terms[1].name, "uniformity");
  EXPECT_EQ(loss.terms[2].name, "uniformity_2");
  EXPECT_FALSE(loss.terms[1].value.equal(loss.terms[2].value));
}

// Weight 0, a window that is closed and observe_only all log the term and leave
// the gradient bit for bit as without it.
TEST(Objective, WatchingChangesNoBit) {
  Fixture plain;
  Combine(Experiment{}, plain.Output()).total.backward();
  Experiment zero = WithMagma(), closed = WithMagma(), watching = WithMagma();
  zero.mutable_regularizer()->mutable_weight()->set_constant(0);
  closed.mutable_regularizer()
      ->mutable_weight()
      ->mutable_window()
      ->mutable_start()
      ->set_epochs(5);
  watching.mutable_regularizer()->set_observe_only(true);
  for (const Experiment& experiment : {zero, closed, watching}) {
    Fixture other;
    other.a = plain.a.detach().clone().requires_grad_();
    other.b = plain.b.detach().clone().requires_grad_();
    const TotalLoss loss = Combine(experiment, other.Output());
    loss.total.backward();
    ASSERT_EQ(loss.terms.size(), 2);
    EXPECT_GT(loss.terms[1].value.item<double>(), 0);
    EXPECT_EQ(loss.terms[1].weight, 0);
    EXPECT_TRUE(other.a.grad().equal(plain.a.grad()));
    EXPECT_TRUE(other.b.grad().equal(plain.b.grad()));
  }
}

}  // namespace
}  // namespace caldera::ssl
