// Compares AdamW and LARS with the parameters that the official code reached.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ssl/optim/optimizer.h"
#include "ssl/optim/optimizer_testing.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

constexpr double kAdamWRate = 1e-3;
constexpr double kLarsRate = 0.5;

struct Recording {
  std::vector<std::string> parameters;  // "<p>" of "init.<p>"
  std::set<std::string> runs;           // "<run>" of "<run>.step1.<p>"
  int steps = 0;
};

Recording ReadRecording(const GoldenFile& file) {
  Recording recording;
  for (const auto& [name, unused] : file.content().tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, "init.")) {
      recording.parameters.emplace_back(rest);
      continue;
    }
    const size_t step = name.find(".step1.");
    if (step != std::string::npos) recording.runs.insert(name.substr(0, step));
  }
  EXPECT_FALSE(recording.parameters.empty()) << file.name();
  if (recording.parameters.empty()) return recording;
  while (file.Has(
      absl::StrCat("grad", recording.steps, ".", recording.parameters[0]))) {
    ++recording.steps;
  }
  EXPECT_GT(recording.steps, 1) << file.name();
  return recording;
}

// Returns the parameters with which AdamW's recorded runs began. Some files
// hold as "init" the tensors that the float run updated in place, which are its
// last step: the true beginning then follows from the first step, whose moments
// are the gradient and its square,
//   p1 = p0 (1 - lr decay) - lr g / (|g| + eps),
// and the comparison proper begins with the second step.
at::Tensor AdamWBeginning(const GoldenFile& file, const std::string& run,
                          const std::string& name, int steps) {
  const at::Tensor& init = file["init." + name];
  const std::string last = absl::StrCat("adamw_f32.step", steps, ".", name);
  if (!file.Has(last) || !init.equal(file[last])) return init;
  const at::Tensor g = file["grad0." + name].to(at::kDouble);
  const at::Tensor p1 =
      file[absl::StrCat(run, ".step1.", name)].to(at::kDouble);
  const double decay = init.dim() > 1 ? 0.05 : 0;
  return (p1 + kAdamWRate * g / (g.abs() + 1e-8)) / (1 - kAdamWRate * decay);
}

// Runs over the recorded gradients and compares after every step.
void Follow(const GoldenFile& file, const std::string& run, int steps,
            const std::vector<ssl::OptimizerParameter>& parameters,
            ssl::Optimizer* optimizer, double lr, double tolerance) {
  for (int step = 0; step < steps; ++step) {
    for (const ssl::OptimizerParameter& parameter : parameters) {
      at::Tensor tensor = parameter.tensor;
      tensor.mutable_grad() =
          file[absl::StrCat("grad", step, ".", parameter.name)].to(
              tensor.scalar_type());
    }
    optimizer->Step(lr);
    for (const ssl::OptimizerParameter& parameter : parameters) {
      const std::string key =
          absl::StrCat(run, ".step", step + 1, ".", parameter.name);
      EXPECT_LT(RelativeError(parameter.tensor, file[key]), tolerance) << key;
    }
  }
}

void CheckAdamW(const GoldenFile& file, const Recording& recording,
                const std::string& run, at::ScalarType type, double tolerance) {
  SCOPED_TRACE(run);
  std::vector<ssl::OptimizerParameter> parameters;
  for (const std::string& name : recording.parameters) {
    const at::Tensor beginning =
        AdamWBeginning(file, run, name, recording.steps);
    parameters.push_back({name, beginning.to(type).clone().requires_grad_(),
                          /*lr_scale=*/1,
                          /*weight_decay=*/beginning.dim() > 1 ? 0.05 : 0});
  }
  const auto optimizer = ssl::OptimizerOf("adamw {}", parameters);
  Follow(file, run, recording.steps, parameters, optimizer.get(), kAdamWRate,
         tolerance);
}

// LARS began at the recorded "init", which is the float AdamW's last step where
// the file holds that, because its runs came later. In the file beside this
// test, "init" and the first gradient reproduce the first step to the last bit;
// the beginning of AdamW's runs does so only to the third digit.
void CheckLars(const GoldenFile& file, const Recording& recording,
               const std::string& run, double weight_decay, at::ScalarType type,
               double tolerance) {
  SCOPED_TRACE(run);
  std::vector<ssl::OptimizerParameter> parameters;
  for (const std::string& name : recording.parameters) {
    parameters.push_back(
        {name, file["init." + name].to(type).clone().requires_grad_(),
         /*lr_scale=*/1, weight_decay});
  }
  const auto optimizer = ssl::OptimizerOf("lars {}", parameters);
  Follow(file, run, recording.steps, parameters, optimizer.get(), kLarsRate,
         tolerance);
}

TEST(OptimGoldens, EveryRun) {
  for (const GoldenFile& file : GoldenFamily("optim")) {
    const Recording recording = ReadRecording(file);
    EXPECT_FALSE(recording.runs.empty()) << file.name();
    for (const std::string& run : recording.runs) {
      absl::string_view decay = run;
      double weight_decay = 0;
      if (run == "adamw_f64") {
        CheckAdamW(file, recording, run, at::kDouble, 1e-12);
      } else if (run == "adamw_f32") {
        CheckAdamW(file, recording, run, at::kFloat, 2e-7);
      } else if (absl::ConsumePrefix(&decay, "lars_wd") &&
                 absl::SimpleAtod(decay, &weight_decay)) {
        CheckLars(file, recording, run, weight_decay, at::kDouble, 1e-13);
        CheckLars(file, recording, run, weight_decay, at::kFloat, 5e-7);
      } else {
        ADD_FAILURE() << file.name() << " holds an unknown run, " << run;
      }
    }
  }
}

}  // namespace
}  // namespace caldera
