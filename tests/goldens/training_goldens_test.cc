// Optimizer, schedules and k-NN against the official code's numbers.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "eval/knn.h"
#include "ssl/optim/adamw.h"
#include "ssl/schedule/schedule.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

// Where the recorded run began. Some files hold as "init" the tensors that the
// float run updated in place, which are its last step: the true beginning then
// follows from the first step, whose moments are the gradient and its square,
//   p1 = p0 (1 - lr decay) - lr g / (|g| + eps),
// and the comparison proper begins with the second step.
at::Tensor Beginning(const GoldenFile& file, const std::string& run,
                     const std::string& name, int steps) {
  const at::Tensor& init = file["init." + name];
  const std::string last = absl::StrCat("adamw_f32.step", steps, ".", name);
  if (!init.equal(file[last])) return init;
  const at::Tensor g = file["grad0." + name].to(at::kDouble);
  const at::Tensor p1 =
      file[absl::StrCat(run, ".step1.", name)].to(at::kDouble);
  const double decay = init.dim() > 1 ? 0.05 : 0;
  return (p1 + 1e-3 * g / (g.abs() + 1e-8)) / (1 - 1e-3 * decay);
}

void CheckAdamW(const GoldenFile& file, const std::string& run,
                at::ScalarType type, double tolerance) {
  SCOPED_TRACE(run);
  std::vector<std::string> names;
  for (const auto& [name, unused] : file.content().tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, "init.")) names.emplace_back(rest);
  }
  ASSERT_FALSE(names.empty());
  int steps = 0;
  while (file.Has(absl::StrCat("grad", steps, ".", names[0]))) ++steps;
  ASSERT_GT(steps, 1);
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const std::string& name : names) {
    parameters.emplace_back(
        name,
        Beginning(file, run, name, steps).to(type).clone().requires_grad_());
  }
  ssl::AdamW optimizer(parameters, ssl::AdamWOptions{});
  for (int step = 0; step < steps; ++step) {
    for (auto& [name, parameter] : parameters) {
      parameter.mutable_grad() =
          file[absl::StrCat("grad", step, ".", name)].to(type);
    }
    optimizer.Step(1e-3);
    for (const auto& [name, parameter] : parameters) {
      const std::string key = absl::StrCat(run, ".step", step + 1, ".", name);
      EXPECT_LT(RelativeError(parameter, file[key]), tolerance) << key;
    }
  }
}

TEST(OptimGoldens, AdamW) {
  for (const GoldenFile& file : GoldenFamily("optim")) {
    CheckAdamW(file, "adamw_f64", at::kDouble, 1e-12);
    CheckAdamW(file, "adamw_f32", at::kFloat, 2e-7);
  }
}

TEST(ScheduleGoldens, LearningRateOfMae) {
  int checked = 0;
  for (const GoldenFile& file : GoldenFamily("schedule")) {
    for (const auto& [name, values] : file.content().tensors) {
      if (!absl::StartsWith(name, "mae.")) continue;
      SCOPED_TRACE(name);
      const auto settings =
          nlohmann::json::parse(file.content().metadata.at(name));
      const double steps = settings["steps"].get<double>();
      const ssl::WarmupCosine options{
          settings["lr"].get<double>(), settings["min_lr"].get<double>(),
          /*warmup_start=*/0, settings["warmup_epochs"].get<double>() * steps,
          settings["epochs"].get<double>() * steps};
      for (int64_t step = 0; step < values.size(0); ++step) {
        const double expected = values[step][0].item<double>();
        EXPECT_NEAR(ssl::LearningRate(options, static_cast<double>(step)),
                    expected, 1e-12 * options.peak)
            << step;
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 0);
}

// The authors' "WarmupScheduler" is an on/off window.
TEST(ScheduleGoldens, RegularizerWindow) {
  int checked = 0;
  for (const GoldenFile& file : GoldenFamily("schedule")) {
    for (const auto& [name, values] : file.content().tensors) {
      if (!absl::StartsWith(name, "weight.")) continue;
      const auto settings =
          nlohmann::json::parse(file.content().metadata.at(name));
      ssl::Schedule schedule;
      if (settings[0] == "ConstantScheduler") {
        schedule.set_constant(settings[1]["weight"].get<double>());
      } else if (settings[0] == "WarmupScheduler" &&
                 settings[1]["base_weight"].get<double>() == 0) {
        ssl::WindowSpec& window = *schedule.mutable_window();
        window.set_value(settings[1]["weight"].get<double>());
        window.mutable_start()->set_epochs(
            settings[1]["warmup_epochs"].get<double>());
        window.mutable_duration()->set_epochs(
            settings[1]["reg_epochs"].get<double>());
      } else {
        continue;  // shapes that specs do not have
      }
      SCOPED_TRACE(name);
      const ssl::RunLength run{1, values.size(0), 1};
      for (int64_t epoch = 0; epoch < values.size(0); ++epoch) {
        EXPECT_EQ(ssl::ScheduleValue(schedule, epoch, run),
                  values[epoch].item<double>())
            << "epoch " << epoch;
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 1);
}

void CheckKnnRun(const GoldenFile& file, const std::string& run,
                 at::ScalarType type, double tolerance) {
  SCOPED_TRACE(run);
  const bool euclidean = absl::StartsWith(run, "euclidean");
  const auto distance =
      euclidean ? eval::KnnSpec::EUCLIDEAN : eval::KnnSpec::COSINE;
  const int64_t k = file[run + ".neighbours"].size(1);
  const size_t at_t = run.find("_T");
  const double temperature =
      at_t == std::string::npos ? 0.07 : std::stod(run.substr(at_t + 2));
  const int64_t classes = file[run + ".scores"].size(1);

  const at::Tensor train = file["train_features"].to(type);
  const at::Tensor test = file["test_features"].to(type);
  const eval::KnnNeighbours neighbours =
      eval::NearestNeighbours(train, test, k, distance);
  EXPECT_TRUE(neighbours.index.equal(file[run + ".neighbours"]));
  EXPECT_LT(RelativeError(eval::KnnWeights(neighbours.similarity_or_distance,
                                           distance, temperature),
                          file[run + ".weights"]),
            tolerance);
  EXPECT_LT(RelativeError(eval::KnnScores(neighbours, file["train_targets"],
                                          classes, k, distance, temperature),
                          file[run + ".scores"]),
            tolerance);
  eval::KnnSpec spec;
  spec.add_k(static_cast<int32_t>(k));
  spec.add_temperature(temperature);
  spec.set_distance(distance);
  const auto results =
      eval::EvaluateKnn({train, file["train_targets"]},
                        {test, file["test_targets"]}, classes, spec);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_DOUBLE_EQ((*results)[0].top1, file.Scalar(run + ".top1"));
  EXPECT_DOUBLE_EQ((*results)[0].top5, file.Scalar(run + ".top5"));
}

TEST(KnnGoldens, EveryRun) {
  int checked = 0;
  for (const GoldenFile& file : GoldenFamily("knn")) {
    for (const auto& [name, unused] : file.content().tensors) {
      absl::string_view run = name;
      if (!absl::ConsumeSuffix(&run, ".neighbours")) continue;
      CheckKnnRun(file, std::string(run), at::kDouble, 1e-9);
      CheckKnnRun(file, std::string(run), at::kFloat, 1e-6);
      ++checked;
    }
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace caldera
