// Compares AdamW and LARS with the parameters that the official code reached.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "ssl/optim/optimizer.h"
#include "ssl/optim/optimizer_testing.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

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

// Returns the `number`-th value (from 0) that the metadata give a setting of an
// optimizer: "lr 1e-3, betas 0.9 0.95, ..." has two of "betas".
double Setting(const GoldenFile& file, const std::string& optimizer,
               const std::string& name, size_t number = 0) {
  const auto found = file.content().metadata.find(optimizer);
  double value = 0;
  if (found != file.content().metadata.end()) {
    for (const absl::string_view setting :
         absl::StrSplit(found->second, ", ")) {
      const std::vector<std::string> words = absl::StrSplit(setting, ' ');
      if (words[0] == name && number + 1 < words.size() &&
          absl::SimpleAtod(words[number + 1], &value)) {
        return value;
      }
    }
  }
  ADD_FAILURE() << file.name() << " does not say " << optimizer << "'s "
                << name;
  return value;
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

std::vector<ssl::OptimizerParameter> Beginning(const GoldenFile& file,
                                               const Recording& recording,
                                               at::ScalarType type) {
  std::vector<ssl::OptimizerParameter> parameters;
  for (const std::string& name : recording.parameters) {
    parameters.push_back(
        {name, file["init." + name].to(type).clone().requires_grad_(),
         /*lr_scale=*/1, /*weight_decay=*/0});
  }
  return parameters;
}

// Weight decay is that of tensors of more than one dimension, 0 of the others.
void CheckAdamW(const GoldenFile& file, const Recording& recording,
                const std::string& run, at::ScalarType type, double tolerance) {
  SCOPED_TRACE(run);
  auto parameters = Beginning(file, recording, type);
  for (ssl::OptimizerParameter& parameter : parameters) {
    if (parameter.tensor.dim() > 1) {
      parameter.weight_decay = Setting(file, "adamw", "weight_decay");
    }
  }
  const auto optimizer = ssl::OptimizerOf(
      absl::StrCat("adamw { beta1: ", Setting(file, "adamw", "betas", 0),
                   " beta2: ", Setting(file, "adamw", "betas", 1),
                   " eps: ", Setting(file, "adamw", "eps"), " }"),
      parameters);
  Follow(file, run, recording.steps, parameters, optimizer.get(),
         Setting(file, "adamw", "lr"), tolerance);
}

void CheckLars(const GoldenFile& file, const Recording& recording,
               const std::string& run, double weight_decay, at::ScalarType type,
               double tolerance) {
  SCOPED_TRACE(run);
  auto parameters = Beginning(file, recording, type);
  for (ssl::OptimizerParameter& parameter : parameters) {
    parameter.weight_decay = weight_decay;
  }
  const auto optimizer = ssl::OptimizerOf(
      absl::StrCat("lars { momentum: ", Setting(file, "lars", "momentum"),
                   " trust_coefficient: ",
                   Setting(file, "lars", "trust_coefficient"), " }"),
      parameters);
  Follow(file, run, recording.steps, parameters, optimizer.get(),
         Setting(file, "lars", "lr"), tolerance);
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
