// Tests what SimCLR and VICReg project and what their terms are.
#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <gtest/gtest.h>

#include "ssl/losses/nt_xent.h"
#include "ssl/losses/projector.h"
#include "ssl/losses/vicreg.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

TEST(Projector, IsTheSequentialOfItsNames) {
  const at::Tensor x = at::randn({5, 4});
  Projector plain({4, 7, 3}, /*batch_norm=*/false, 1);
  const auto p = plain.named_parameters();
  EXPECT_EQ(p.size(), 4);
  EXPECT_TRUE(plain.forward(x).equal(
      at::linear(at::relu(at::linear(x, p["0.weight"], p["0.bias"])),
                 p["2.weight"], p["2.bias"])));
  EXPECT_LE(p["0.weight"].abs().max().item<double>(), 0.5);
  EXPECT_GT(p["0.weight"].abs().max().item<double>(), 0.4);
  EXPECT_TRUE(Projector({4, 7, 3}, false, 1)
                  .named_parameters()["2.bias"]
                  .equal(p["2.bias"]));
  EXPECT_FALSE(Projector({4, 7, 3}, false, 2)
                   .named_parameters()["2.bias"]
                   .equal(p["2.bias"]));

  Projector normed({4, 7, 3}, /*batch_norm=*/true, 1);
  const auto q = normed.named_parameters();
  const at::Tensor hidden = at::linear(x, q["0.weight"], q["0.bias"]);
  const at::Tensor unit = (hidden - hidden.mean(0)) /
                          (hidden.var(0, /*unbiased=*/false) + 1e-5).sqrt();
  EXPECT_TRUE(normed.forward(x).allclose(
      at::linear(at::relu(unit), q["3.weight"], q["3.bias"]), 1e-4, 1e-5));
  EXPECT_EQ(normed.named_buffers()["1.num_batches_tracked"].item<int64_t>(), 1);
}

TEST(SimClr, ComparesTheProjectionsOfItsFeature) {
  for (const auto feature : {eval::EvalSpec::CLS, eval::EvalSpec::MEAN}) {
    Experiment experiment = TinyMethods().at("simclr");
    experiment.mutable_simclr()->set_feature(feature);
    const TinyModel model(experiment);
    const DeviceBatch batch = TinyBatch(experiment, 5);
    const StepOutput out = model.method->Step(batch, {0, 0});
    ASSERT_EQ(out.terms.size(), 1);
    const auto p = model.Parameters();
    std::vector<at::Tensor> z;
    for (const at::Tensor& view : batch.views) {
      const at::Tensor tokens = model.method->encoder().forward(view).tokens;
      const at::Tensor h = feature == eval::EvalSpec::CLS
                               ? tokens.select(1, 0)
                               : tokens.slice(1, 1).mean(1);
      z.push_back(at::linear(at::relu(at::linear(h, p.at("projector.0.weight"),
                                                 p.at("projector.0.bias"))),
                             p.at("projector.2.weight"),
                             p.at("projector.2.bias")));
    }
    EXPECT_NEAR(out.terms[0].value.item<double>(),
                NtXent(z[0], z[1], 0.2).item<double>(), 1e-12);
  }
}

TEST(TwoViews, OtherTermsReadTheFirstView) {
  Experiment experiment = TinyMethods().at("m_simclr");
  const TinyModel model(experiment);
  DeviceBatch batch = TinyBatch(experiment, 5);
  const StepOutput out = model.method->Step(batch, {0, 0});
  const auto alone =
      model.method->encoder().forward(batch.views[0], {}, {0, 1});
  EXPECT_TRUE(out.context.taps.at(1).allclose(alone.taps[1].slice(1, 1).mean(1),
                                              0, 1e-12));
  EXPECT_TRUE(out.context.latent.allclose(alone.tokens, 0, 1e-12));
  EXPECT_TRUE(
      out.embedding.allclose(alone.tokens.slice(1, 1).mean(1), 0, 1e-12));
}

TEST(VicReg, ReportsItsThreeTermsWithTheirWeights) {
  const Experiment experiment = TinyMethods().at("vicreg");
  const TinyModel model(experiment);
  const StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
  ASSERT_EQ(out.terms.size(), 3);
  EXPECT_EQ(out.terms[0].name, "invariance");
  EXPECT_EQ(out.terms[0].weight, 25);
  EXPECT_EQ(out.terms[1].name, "variance");
  EXPECT_EQ(out.terms[1].weight, 25);
  EXPECT_EQ(out.terms[2].name, "covariance");
  EXPECT_EQ(out.terms[2].weight, 1);
  // The projector's batch statistics are part of the state.
  const auto state = model.method->NamedState();
  for (const char* name :
       {"projector.1.running_mean", "projector.4.running_var",
        "projector.4.num_batches_tracked", "blocks.1.attn.qkv.bias"}) {
    EXPECT_EQ(state.count(name), 1) << name;
  }
  EXPECT_EQ(state.at("projector.1.num_batches_tracked").item<int64_t>(), 2);
}

// Equal views agree; their other terms are twice those of one view.
TEST(VicReg, EqualViewsHaveNoInvarianceTerm) {
  const Experiment experiment = TinyMethods().at("vicreg");
  const TinyModel model(experiment);
  DeviceBatch batch = TinyBatch(experiment, 6);
  batch.views[1] = batch.views[0];
  const StepOutput out = model.method->Step(batch, {0, 0});
  EXPECT_EQ(out.terms[0].value.item<double>(), 0);
  EXPECT_GT(out.terms[1].value.item<double>(), 0);
}

}  // namespace
}  // namespace caldera::ssl
