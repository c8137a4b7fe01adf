#include "benchmarks/throughput/measure_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "benchmarks/throughput/made_up_images.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::benchmarks {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::Key;
using testing::SizeIs;

MeasureOptions Options() {
  MeasureOptions options;
  options.dataset = MadeUpImages(/*channels=*/1, /*image_size=*/8,
                                 /*count=*/64);
  options.warmup = 2;
  options.steps = 3;
  return options;
}

TEST(MeasureSteps, TimesWhatItWasAskedFor) {
  const ssl::Experiment experiment =
      WithSteadySteps(ssl::TinyMethods().at("mu_mae"));
  const auto times = MeasureSteps(experiment, Options());
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_THAT(times->resident, SizeIs(3));
  EXPECT_THAT(times->with_loader, SizeIs(3));
  EXPECT_THAT(times->resident, Each(Gt(0.0)));
  EXPECT_THAT(times->terms, ElementsAre(Key("magma"), Key("uniformity")));
  for (const auto& [name, seconds] : times->terms) EXPECT_GT(seconds, 0);
}

TEST(MeasureSteps, LeavesTheLoaderOut) {
  MeasureOptions options = Options();
  options.loader = false;
  const auto times =
      MeasureSteps(WithSteadySteps(ssl::TinyMethods().at("mae")), options);
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_THAT(times->resident, SizeIs(3));
  EXPECT_THAT(times->with_loader, SizeIs(0));
  EXPECT_TRUE(times->terms.empty());
}

// Each method trains in its own way: labels, two views, teachers, in bfloat16.
TEST(MeasureSteps, TakesEveryMethod) {
  for (auto [name, experiment] : ssl::TinyMethods()) {
    if (experiment.has_classification()) continue;  // made-up: no labels
    SCOPED_TRACE(name);
    experiment.mutable_train()->set_precision(ssl::TrainSpec::BF16);
    const auto times = MeasureSteps(WithSteadySteps(experiment), Options());
    EXPECT_TRUE(times.ok()) << times.status();
  }
}

TEST(MeasureSteps, ErrorsAreTheTrainers) {
  ssl::Experiment experiment = ssl::TinyMethods().at("mae");
  experiment.mutable_train()->set_batch_size(65);
  EXPECT_FALSE(MeasureSteps(WithSteadySteps(experiment), Options()).ok());
}

TEST(MeasureLoader, GivesARate) {
  const auto rate = MeasureLoader(ssl::TinyMethods().at("mae"), Options());
  ASSERT_TRUE(rate.ok()) << rate.status();
  EXPECT_GT(*rate, 0);
}

TEST(WithSteadySteps, HoldsTermsAtTheirLargestWeight) {
  ssl::Experiment experiment = ssl::TinyMethods().at("mu_mae");
  ssl::WindowSpec& window =
      *experiment.mutable_regularizer()->mutable_weight()->mutable_window();
  window.set_value(0.5);
  window.mutable_start()->set_epochs(10);
  ssl::RampSpec& ramp =
      *experiment.mutable_auxiliary(0)->mutable_weight()->mutable_linear_ramp();
  ramp.set_from(-2);
  ramp.set_to(1);
  const ssl::Experiment steady = WithSteadySteps(experiment);
  EXPECT_EQ(steady.regularizer().weight().constant(), 0.5);
  EXPECT_EQ(steady.auxiliary(0).weight().constant(), -2);
}

}  // namespace
}  // namespace caldera::benchmarks
