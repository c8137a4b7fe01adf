#include "eval/linear/linear_probe.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "eval/linear/softmax_regression.h"
#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

// Returns Gaussian clusters, `spread` apart.
LabelledFeatures Clusters(int64_t rows, int64_t width, int64_t classes,
                          double spread, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor labels =
      at::randint(0, classes, {rows}, generator, at::kLong);
  const at::Tensor centres =
      spread * at::randn({classes, width}, at::detail::createCPUGenerator(77),
                         at::kDouble);
  return {centres.index_select(0, labels) +
              at::randn({rows, width}, generator, at::kDouble),
          labels};
}

LinearProbeResult Probe(const LabelledFeatures& train,
                        const LabelledFeatures& test, int64_t classes,
                        const LinearProbeSpec& spec = {}) {
  const auto result = EvaluateLinearProbe(train, test, classes, spec);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : LinearProbeResult{};
}

TEST(LinearProbeTest, ChangesOnlyFeaturesThatAreMovedIn) {
  const auto make = [](uint64_t seed) {
    LabelledFeatures some = Clusters(300, 7, 3, 2, seed);
    some.features = some.features.to(at::kFloat);
    return some;
  };
  const LabelledFeatures train = make(1), test = make(2);
  const auto kept = EvaluateLinearProbe(train, test, 3, {});
  EXPECT_TRUE(train.features.equal(make(1).features));
  EXPECT_TRUE(test.features.equal(make(2).features));
  LabelledFeatures moved = make(1);
  const at::Tensor labels = moved.labels;
  const auto in_place = EvaluateLinearProbe(std::move(moved), make(2), 3, {});
  ASSERT_TRUE(kept.ok() && in_place.ok());
  EXPECT_EQ(in_place->final_loss, kept->final_loss);
  EXPECT_EQ(in_place->top1, kept->top1);
  EXPECT_EQ(in_place->iterations, kept->iterations);
  EXPECT_TRUE(labels.equal(make(1).labels));
  // A view of a tensor that somebody holds is not ours either.
  const at::Tensor whole = make(1).features;
  const at::Tensor before = whole.clone();
  ASSERT_TRUE(
      EvaluateLinearProbe({whole.narrow(0, 0, 300), labels}, make(2), 3, {})
          .ok());
  EXPECT_TRUE(whole.equal(before));
}

LinearProbeSpec Tight(double l2) {
  LinearProbeSpec spec;
  spec.set_l2(l2);
  spec.set_gradient_tolerance(1e-9);
  spec.set_max_iterations(2000);
  return spec;
}

TEST(LinearProbeTest, SeparatesWhatIsSeparable) {
  const LabelledFeatures train = Clusters(300, 16, 8, 8, 1);
  const LabelledFeatures test = Clusters(200, 16, 8, 8, 2);
  for (const bool standardize : {true, false}) {
    LinearProbeSpec spec;
    spec.set_standardize(standardize);
    const LinearProbeResult result = Probe(train, test, 8, spec);
    EXPECT_EQ(result.train_top1, 100);
    EXPECT_EQ(result.top1, 100);
    EXPECT_EQ(result.top5, 100);
    EXPECT_TRUE(result.converged);
  }
}

TEST(LinearProbeTest, ReachesTheLossOfPlainGradientDescent) {
  const LabelledFeatures train = Clusters(200, 4, 3, 0.7, 3);
  const double l2 = 1e-2;
  // Writes out what the header promises: standardised rows of mean squared
  // length 1.
  at::Tensor x = train.features - train.features.mean(0);
  x = x / (x.square().mean(0) + 1e-6).sqrt();
  x = x / x.square().sum(1).mean().sqrt();
  at::Tensor theta = at::zeros({5, 3}, at::kDouble), gradient;
  double loss = 0;
  for (int i = 0; i < 10000; ++i) {
    loss = SoftmaxRegressionLoss(x, train.labels, theta, l2, &gradient);
    theta = theta - gradient;
  }
  const LinearProbeResult result = Probe(train, train, 3, Tight(l2));
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(result.final_loss, loss, 1e-9);
  EXPECT_LT(result.final_loss, std::log(3.0));
}

TEST(LinearProbeTest, ScaleAndOffsetOfFeaturesDoNotMatter) {
  const LabelledFeatures train = Clusters(300, 6, 5, 0.7, 4);
  const LabelledFeatures test = Clusters(300, 6, 5, 0.7, 5);
  const LinearProbeResult plain = Probe(train, test, 5, Tight(1e-3));
  const LinearProbeResult moved =
      Probe({train.features * 300 - 40, train.labels},
            {test.features * 300 - 40, test.labels}, 5, Tight(1e-3));
  EXPECT_NEAR(plain.final_loss, moved.final_loss, 1e-5);  // eps 1e-6
  EXPECT_EQ(plain.top1, moved.top1);
  EXPECT_LT(plain.top1, plain.top5);
}

TEST(LinearProbeTest, CopiedAndDeadDimensionsDoNotMatter) {
  const LabelledFeatures train = Clusters(300, 6, 5, 0.7, 4);
  const LabelledFeatures test = Clusters(300, 6, 5, 0.7, 5);
  const auto widened = [](const LabelledFeatures& data) {
    return LabelledFeatures{at::cat({data.features, data.features,
                                     at::ones_like(data.features) * 12345.678},
                                    1),
                            data.labels};
  };
  const LinearProbeResult narrow = Probe(train, test, 5, Tight(1e-3));
  const LinearProbeResult wide =
      Probe(widened(train), widened(test), 5, Tight(1e-3));
  EXPECT_NEAR(narrow.final_loss, wide.final_loss, 1e-9);
  EXPECT_EQ(narrow.top1, wide.top1);
}

TEST(LinearProbeTest, CollapsedFeaturesGiveTheCommonestClass) {
  const at::Tensor labels =
      at::cat({at::zeros({10}, at::kLong), at::ones({30}, at::kLong)});
  for (const bool standardize : {true, false}) {
    LinearProbeSpec spec;
    spec.set_standardize(standardize);
    const LabelledFeatures data{at::ones({40, 3}) * 0.1, labels};
    const LinearProbeResult result = Probe(data, data, 2, spec);
    EXPECT_EQ(result.top1, 75);
    EXPECT_NEAR(result.final_loss, std::log(4.0) - 0.75 * std::log(3.0), 1e-3);
  }
}

TEST(LinearProbeTest, FloatFollowsDouble) {
  const LabelledFeatures train = Clusters(500, 10, 5, 0.7, 6);
  LinearProbeSpec spec;
  spec.set_gradient_tolerance(1e-4);
  const LinearProbeResult exact = Probe(train, train, 5, spec);
  const LinearProbeResult single =
      Probe({train.features.to(at::kFloat), train.labels},
            {train.features.to(at::kFloat), train.labels}, 5, spec);
  EXPECT_NEAR(exact.final_loss, single.final_loss, 1e-4);
  EXPECT_TRUE(single.converged);
}

TEST(LinearProbeTest, TellsThatItStoppedEarly) {
  const LabelledFeatures train = Clusters(200, 10, 5, 0.7, 6);
  LinearProbeSpec spec;
  spec.set_max_iterations(2);
  const LinearProbeResult result = Probe(train, train, 5, spec);
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.iterations, 2);
}

TEST(LinearProbeTest, UserErrorsAreNamed) {
  const LabelledFeatures train = Clusters(20, 3, 2, 1, 1);
  LinearProbeSpec spec;
  spec.set_l2(-1);
  EXPECT_EQ(EvaluateLinearProbe(train, train, 2, spec).status().message(),
            "linear.l2: -1 is not at least 0");
  EXPECT_EQ(EvaluateLinearProbe(train, train, 1, LinearProbeSpec())
                .status()
                .message()
                .find("train labels: label 1 "),
            0);
}

}  // namespace
}  // namespace caldera::eval
