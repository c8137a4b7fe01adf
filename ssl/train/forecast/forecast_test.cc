#include "ssl/train/forecast/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

ExperimentPlan Plan(const Experiment& experiment) {
  auto plan = ExperimentPlan::Make(experiment);
  CHECK(plan.ok()) << plan.status();
  return *std::move(plan);
}

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

Experiment WithData(Experiment experiment) {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("forecast_data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    return path;
  }();
  experiment.mutable_data()->set_dataset(folder);
  return experiment;
}

// The parameters of the tiny encoder: patch embedding, CLS token, two blocks,
// final norm.
constexpr int64_t kBlock = 4 * 16 * 16 + 4 * 16 + 8 * 16 * 16 + 5 * 16 + 4 * 16;
constexpr int64_t kEncoder = (4 + 1) * 16 + 16 + 2 * kBlock + 2 * 16;
// The parameters of the decoder: embedding, mask token, one block, norm, 4
// pixels a patch.
constexpr int64_t kDecoder = 16 * 16 + 16 + 16 + kBlock + 2 * 16 + (16 + 1) * 4;

TEST(Forecast, TakesStepsOfARealRun) {
  Experiment experiment = WithData(TinyMethods().at("mu_mae"));
  experiment.mutable_train()->set_epochs(2.5);
  const auto forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->parameters.encoder, kEncoder);
  EXPECT_EQ(forecast->parameters.rest, kDecoder);
  EXPECT_EQ(forecast->parameters.teacher, 0);
  EXPECT_EQ(forecast->run.steps_per_epoch, 6);
  EXPECT_EQ(forecast->run.total_steps, 15);
  EXPECT_THAT(forecast->costs,
              ElementsAre(Field(&ComponentCost::component, "encoder"),
                          Field(&ComponentCost::component, "decoder"),
                          Field(&ComponentCost::component, "magma"),
                          Field(&ComponentCost::component, "uniformity")));
  // The tensors are the weights and both fixed position embeddings; two
  // moments, and a count of steps for each parameter.
  EXPECT_EQ(forecast->memory.parameters,
            4 * (kEncoder + kDecoder + 2 * 17 * 16));
  EXPECT_GT(forecast->memory.moments, 8 * (kEncoder + kDecoder));
  ASSERT_TRUE(forecast->timing.has_value());
  EXPECT_EQ(forecast->timing->steps, 3);
  EXPECT_GT(forecast->timing->seconds, 0);
  EXPECT_GT(forecast->timing->matrix_product_rate, 1e8);
}

TEST(Forecast, SaysWhatMeasuringHoldsAndShrinks) {
  Experiment experiment = WithData(TinyMae());
  data::WriteIdxSet(experiment.data().dataset(), "t10k", 24, 8, 8);
  auto forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  ASSERT_TRUE(forecast->measuring != nullptr);
  EXPECT_GT(forecast->measuring->bytes, 4 * (96 + 24) * 64);
  EXPECT_LE(forecast->measuring->bytes, forecast->measuring->budget);
  EXPECT_TRUE(forecast->measuring->notes.empty());

  experiment.mutable_eval()->set_memory_gb(1e-6);
  forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_THAT(
      ForecastText(*forecast),
      HasSubstr("raw pixels: the linear probe is left out, as it needs "));
}

TEST(Forecast, AccumulationHoldsOnePartAtATime) {
  Experiment experiment = TinyMethods().at("mae");
  experiment.mutable_data()->set_dataset("/nowhere");
  const auto whole = MakeForecast(Plan(experiment), at::kCPU);
  experiment.mutable_train()->set_accumulate_steps(4);
  const auto parts = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(whole.ok() && parts.ok()) << whole.status() << parts.status();
  EXPECT_GT(parts->memory.activations, 0);
  EXPECT_EQ(parts->memory.activations * 4, whole->memory.activations);
  EXPECT_EQ(parts->memory.gradients, whole->memory.gradients);
}

TEST(Forecast, AShortRunIsTimedAsFarAsItGoes) {
  Experiment experiment = WithData(TinyMae());
  experiment.mutable_train()->set_steps(1);
  const auto forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  ASSERT_TRUE(forecast->timing.has_value());
  EXPECT_EQ(forecast->timing->steps, 1);
}

TEST(Forecast, CountsATeacherApart) {
  const auto forecast =
      MakeForecast(Plan(WithData(TinyMethods().at("m_dmae"))), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->parameters.teacher, kEncoder);
  // These are the two layers of the projection.
  EXPECT_EQ(forecast->parameters.rest, kDecoder + 2 * (16 + 1) * 16);
}

TEST(Forecast, DoesWithoutTheDataSet) {
  Experiment experiment = TinyMae();
  experiment.mutable_data()->set_dataset("/no/such/folder");
  auto forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_FALSE(forecast->timing.has_value());
  EXPECT_EQ(forecast->run.total_steps, 10);
  EXPECT_EQ(forecast->parameters.encoder, kEncoder);
  EXPECT_THAT(ForecastText(*forecast), HasSubstr("# time        not known: "));
  EXPECT_THAT(ForecastText(*forecast), HasSubstr("/no/such/folder"));

  experiment.mutable_train()->set_epochs(3);
  forecast = MakeForecast(Plan(experiment), at::kCPU);
  ASSERT_TRUE(forecast.ok());
  EXPECT_EQ(forecast->run.total_steps, 0);
  EXPECT_THAT(ForecastText(*forecast),
              HasSubstr("# steps       of 16 images; the data set decides how "
                        "many\n"));
}

TEST(Forecast, RefusesWhatARunWouldRefuse) {
  Experiment experiment = WithData(TinyMae());
  experiment.mutable_train()->set_batch_size(97);
  EXPECT_THAT(
      std::string(MakeForecast(Plan(experiment), at::kCPU).status().message()),
      HasSubstr("97"));
}

TEST(ForecastText, HasALineForEach) {
  Forecast forecast;
  forecast.parameters = {85'800'000, 26'000'000, 303'000'000};
  forecast.costs = {{"encoder", {30, 60, 0}}, {"magma", {10, 0, 0}}};
  for (ComponentCost& part : forecast.costs) part.cost = part.cost * 1'000'000;
  forecast.run = {/*steps_per_epoch=*/40, /*total_steps=*/100,
                  /*batch_size=*/10};
  forecast.memory = {450'000'000, 450'000'000, 900'000'000, 11'700'000'000};
  forecast.measuring = std::make_shared<const MeasuringForecast>(
      MeasuringForecast{1'200'000'000,
                        4'000'000'000,
                        {"raw pixels: of 32 x 32, not 224 x 224"}});
  forecast.timing = StepTiming{0.0125, 3, 1.9, 16e9, 1'300'000'000};
  EXPECT_EQ(
      ForecastText(forecast),
      "# parameters  415 M, 112 M trained: encoder 85.8 M, decoder and heads "
      "26.0 M; teacher 303 M\n"
      "# FLOP/image  4.00 M forward, 10.0 M with backward (encoder 90.0 %, "
      "magma 10.0 %)\n"
      "# steps       100 of 10 images: 2.5 epochs of 40 steps\n"
      "# memory      about 13.5 GB of tensors: parameters 450 MB, gradients "
      "450 MB, moments 900 MB, activations 11.7 GB\n"
      "# measuring   at most 1.2 GB beside the weights, of the 4.0 GB that "
      "eval.memory_gb allows; raw pixels: of 32 x 32, not 224 x 224\n"
      "# time        about 0:01: 0.0125 s a step, 800 img/s (median of 3 after "
      "the first; without evaluation)\n"
      "# speed       8.00 GFLOP/s, 50 % of the 16.0 GFLOP/s of a matrix "
      "product "
      "here; 1.9 threads busy; peak memory 1.3 GB\n");
}

}  // namespace
}  // namespace caldera::ssl
