// Tests what every method promises to the training loop.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "magma/exchange_testing.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/objective.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

TEST(Methods, GradientsReachEverythingThatTrainsAndNoTeacher) {
  for (const auto& [name, experiment] : TinyMethods()) {
    SCOPED_TRACE(name);
    const TinyModel model(experiment);
    const StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
    EXPECT_EQ(out.embedding.sizes(), (at::IntArrayRef{6, 16}));
    EXPECT_FALSE(out.embedding.requires_grad());
    model.Total(out).backward();
    for (const auto& [parameter, value] : model.Parameters()) {
      ASSERT_TRUE(value.grad().defined()) << parameter;
      EXPECT_TRUE(value.grad().isfinite().all().item<bool>()) << parameter;
      EXPECT_EQ(parameter.find("teacher"), std::string::npos);
    }
    const bool teacher = experiment.mae().has_teacher();
    int frozen = 0;
    for (const at::Tensor& p : model.method->parameters()) {
      if (p.requires_grad()) continue;
      EXPECT_FALSE(p.grad().defined());
      ++frozen;
    }
    EXPECT_EQ(frozen > 0, teacher);
  }
}

// What needs the CLS token is refused with a way out; all others train without.
TEST(Methods, TrainWithoutAClassTokenOrSayWhatReadsIt) {
  int trained = 0, refused = 0;
  for (auto [name, experiment] : TinyMethods()) {
    SCOPED_TRACE(name);
    experiment.mutable_encoder()->set_class_token(false);
    if (experiment.has_classification()) {  // whose weights have the token
      experiment.mutable_classification()->clear_encoder();
    }
    auto plan = ExperimentPlan::Make(experiment);
    if (!plan.ok()) {
      EXPECT_THAT(std::string(plan.status().message()),
                  testing::AllOf(testing::HasSubstr("CLS"),
                                 testing::HasSubstr("class_token: false")));
      ++refused;
      continue;
    }
    const TinyModel model(experiment);
    const StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
    EXPECT_EQ(out.context.prefix, 0);
    // The first token is a patch: it counts like the others.
    const at::Tensor& latent = out.context.latent;  // [B or B*K, Nv, D]
    if (latent.size(0) == 6) {
      EXPECT_TRUE(at::allclose(out.embedding, latent.mean(1), 0, 1e-12));
    }
    model.Total(out).backward();
    for (const auto& [parameter, value] : model.Parameters()) {
      ASSERT_TRUE(value.grad().defined()) << parameter;
      EXPECT_TRUE(value.grad().isfinite().all().item<bool>()) << parameter;
      EXPECT_NE(parameter, "cls_token");
    }
    ++trained;
  }
  EXPECT_GT(trained, 25);
  EXPECT_GT(refused, 5);  // SimCLR, VICReg and uniformity read it by default
}

// Compares gradients of the objective with central differences, for one entry
// of each parameter.
TEST(Methods, TheGradientOfTheObjectiveIsItsDerivative) {
  for (const auto& [name, experiment] : TinyMethods()) {
    // Its model q and the encoder minimise losses of their own, so that the
    // gradient is that of no function; mutual_information_test checks both.
    if (name == "mutual_information") continue;
    SCOPED_TRACE(name);
    const TinyModel model(experiment);
    const DeviceBatch batch = TinyBatch(experiment, 6);
    const auto loss = [&] {
      return model.Total(model.method->Step(batch, {0, 0}));
    };
    loss().backward();
    int64_t i = 0;
    const double h = 1e-5;
    for (const auto& [parameter, value] : model.Parameters()) {
      const at::NoGradGuard no_grad;
      i += 7919;
      at::Tensor entry = value.view(-1)[i % value.numel()];
      const double before = entry.item<double>();
      entry.fill_(before + h);
      const double up = loss().item<double>();
      entry.fill_(before - h);
      const double down = loss().item<double>();
      entry.fill_(before);
      const double expected = (up - down) / (2 * h);
      EXPECT_NEAR(value.grad().view(-1)[i % value.numel()].item<double>(),
                  expected, 1e-6 * (1 + std::abs(expected)))
          << parameter;
    }
  }
}

TEST(Methods, TheSameSeedAndStreamsGiveTheSameLoss) {
  for (const auto& [name, experiment] : TinyMethods()) {
    SCOPED_TRACE(name);
    const DeviceBatch batch = TinyBatch(experiment, 4);
    const auto loss = [&, &spec = experiment](const base::Streams& streams) {
      const TinyModel model(spec);
      return model.Total(model.method->Step(batch, streams));
    };
    const at::Tensor first = loss({3, 5});
    EXPECT_TRUE(first.equal(loss({3, 5})));
    // These corruptions change every image alike.
    const CorruptionSpec& corruption = experiment.mae().corruption();
    if (corruption.has_blur() || corruption.has_downsample()) continue;
    if (experiment.has_mae() || experiment.classification().has_mixup()) {
      EXPECT_FALSE(first.equal(loss({3, 6})));
    }
  }
}

// Expects that `watching` takes the step of `plain` to the bit: total and every
// gradient.
void ExpectSameStep(const Experiment& plain, const Experiment& watching) {
  const DeviceBatch batch = TinyBatch(plain, 6);
  const TinyModel a(plain), b(watching);
  const at::Tensor x = a.Total(a.method->Step(batch, {0, 0}));
  const at::Tensor y = b.Total(b.method->Step(batch, {0, 0}));
  EXPECT_TRUE(x.equal(y));
  x.backward();
  y.backward();
  const auto own = b.Parameters();
  for (const auto& [parameter, value] : a.Parameters()) {
    EXPECT_TRUE(value.grad().equal(own.at(parameter).grad())) << parameter;
  }
}

// The total of X with a regularizer of weight 0 and its gradients are those of
// X, to the bit.
TEST(Methods, ARegularizerOfWeightZeroChangesNoBit) {
  for (const auto& [name, plain] : TinyMethods()) {
    if (plain.has_regularizer()) continue;
    SCOPED_TRACE(name);
    Experiment watching = plain;
    watching.mutable_regularizer()->mutable_magma();
    watching.mutable_regularizer()->mutable_weight()->set_constant(0);
    ExpectSameStep(plain, watching);
  }
}

// Auxiliary terms of weight 0, and what only they read, leave the method that
// it is without them, to the bit.
TEST(Methods, TermsOfWeightZeroChangeNoBit) {
  for (const auto& [name, with_terms] : TinyMethods()) {
    if (with_terms.auxiliary_size() == 0) continue;
    // Without its terms there is nothing left that learns, or that can be
    // masked.
    if (with_terms.mae().decoder().kind() == "NONE") continue;
    SCOPED_TRACE(name);
    Experiment watching = with_terms, plain = with_terms;
    for (AuxiliaryLossSpec& term : *watching.mutable_auxiliary()) {
      term.mutable_weight()->set_constant(0);
    }
    plain.clear_auxiliary();
    // A teacher that nothing else reads is refused.
    if (plain.has_mae() && !plain.mae().has_scorer()) {
      plain.mutable_mae()->clear_teacher();
    }
    ExpectSameStep(plain, watching);
  }
}

// Runs two processes with half a batch each: terms over the batch equal those
// of one process with all of it.
TEST(Methods, TermsOverTheBatchSeeTheRowsOfOtherProcesses) {
  for (const auto& [name, tiny] : TinyMethods()) {
    const Experiment& experiment = tiny;
    SCOPED_TRACE(name);
    const DeviceBatch batch = TinyBatch(experiment, 8);
    const auto terms = [](TinyModel& model, const DeviceBatch& part) {
      return model.objective
          .Combine(model.method->Step(part, {0, 0}), 0, RunLength{}, false)
          .terms;
    };
    TinyModel whole(experiment);
    const std::vector<Term> expected = terms(whole, batch);
    magma::RunTogether(2, [&](const magma::Exchange& exchange) {
      TinyModel model(experiment, exchange);
      model.method->set_gather(exchange.gather);
      const int64_t begin = exchange.rank * 4;
      const DeviceBatch half = SliceBatch(batch, begin, begin + 4);
      const std::vector<Term> seen = terms(model, half);
      ASSERT_EQ(seen.size(), expected.size());
      for (size_t t = 0; t < expected.size(); ++t) {
        // Terms over the batch are equal on both processes, the others are
        // means over equally many samples: the mean of the two is right for
        // either.
        const at::Tensor value = exchange.sum(seen[t].value) / 2;
        EXPECT_NEAR(value.item<double>(), expected[t].value.item<double>(),
                    1e-9)
            << expected[t].name;
      }
    });
  }
}

}  // namespace
}  // namespace caldera::ssl
