// Compares learning rates, weights over time and layer-wise decay with the
// official code's numbers.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ssl/optim/layer_decay.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/schedule/learning_rate.h"
#include "ssl/schedule/schedule.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

using nlohmann::json;

json Settings(const GoldenFile& file, const std::string& name) {
  const auto found = file.content().metadata.find(name);
  EXPECT_NE(found, file.content().metadata.end())
      << file.name() << " has no settings of " << name;
  if (found == file.content().metadata.end()) return json::object();
  return json::parse(found->second);
}

// Compares with facebookresearch/mae; the second column has a layer's factor of
// 0.5.
void CheckMae(const json& settings, const at::Tensor& values) {
  const double steps = settings.at("steps").get<double>();
  ssl::LearningRateOptions options;
  options.peak = settings.at("lr").get<double>();
  options.min = settings.at("min_lr").get<double>();
  options.warmup_steps = settings.at("warmup_epochs").get<double>() * steps;
  options.total_steps = settings.at("epochs").get<double>() * steps;
  for (int64_t step = 0; step < values.size(0); ++step) {
    const double rate = ssl::LearningRate(options, static_cast<double>(step));
    const double tolerance = 1e-12 * options.peak;
    EXPECT_NEAR(rate, values[step][0].item<double>(), tolerance) << step;
    EXPECT_NEAR(0.5 * rate, values[step][1].item<double>(), tolerance) << step;
  }
}

// Compares with solo-learn, by the recursion that its trainer runs.
void CheckSolo(const json& settings, const at::Tensor& values) {
  ssl::LearningRateOptions options;
  options.shape = "solo_cosine";
  options.peak = settings.at("lr").get<double>();
  options.min = settings.at("eta_min").get<double>();
  options.warmup_start = settings.at("warmup_start_lr").get<double>();
  options.warmup_steps = settings.at("warmup_steps").get<double>();
  options.total_steps = settings.at("max_steps").get<double>();
  for (int64_t step = 0; step < values.size(0); ++step) {
    EXPECT_NEAR(ssl::LearningRate(options, static_cast<double>(step)),
                values[step].item<double>(), 1e-12 * options.peak)
        << step;
  }
}

ssl::Duration Epochs(const json& epochs) {
  ssl::Duration duration;
  duration.set_epochs(epochs.get<double>());
  return duration;
}

void AddChange(ssl::StepsSpec* steps, const ssl::Duration& at, double value) {
  ssl::StepsSpec::Change& change = *steps->add_change();
  *change.mutable_at() = at;
  change.set_value(value);
}

// The authors' "WarmupScheduler" is an on/off window.
ssl::Schedule Window(const json& settings) {
  ssl::Schedule schedule;
  const double weight = settings.at("weight").get<double>();
  const double base = settings.at("base_weight").get<double>();
  if (base == 0) {
    ssl::WindowSpec& window = *schedule.mutable_window();
    window.set_value(weight);
    *window.mutable_start() = Epochs(settings.at("warmup_epochs"));
    *window.mutable_duration() = Epochs(settings.at("reg_epochs"));
    return schedule;
  }
  schedule.mutable_steps()->set_initial(base);
  AddChange(schedule.mutable_steps(), Epochs(settings.at("warmup_epochs")),
            weight);
  ssl::Duration end;
  end.set_epochs(settings.at("warmup_epochs").get<double>() +
                 settings.at("reg_epochs").get<double>());
  AddChange(schedule.mutable_steps(), end, base);
  return schedule;
}

ssl::Schedule StepDecay(const json& settings) {
  ssl::Schedule schedule;
  ssl::StepDecaySpec& decay = *schedule.mutable_step_decay();
  decay.set_value(settings.at("weight").get<double>());
  decay.set_factor(settings.value("scale", 0.1));
  // The authors' default is an argument that their specs omit.
  decay.mutable_start()->set_epochs(settings.value("warmup_epochs", 5.0));
  for (const json& epoch : settings.at("steps"))
    *decay.add_at() = Epochs(epoch);
  return schedule;
}

ssl::Schedule Intervals(const json& settings) {
  ssl::Schedule schedule;
  for (const json& triple : settings.at("intervals")) {
    ssl::IntervalsSpec::Interval& interval =
        *schedule.mutable_intervals()->add_interval();
    *interval.mutable_start() = Epochs(triple.at(0));
    *interval.mutable_end() = Epochs(triple.at(1));
    interval.set_value(triple.at(2).get<double>());
  }
  return schedule;
}

ssl::Schedule Triangle(const json& settings) {
  ssl::Schedule schedule;
  ssl::TriangleSpec& triangle = *schedule.mutable_triangle();
  triangle.set_from(settings.at("start_weight").get<double>());
  triangle.set_peak(settings.at("max_weight").get<double>());
  triangle.set_to(settings.at("end_weight").get<double>());
  *triangle.mutable_start() = Epochs(settings.at("start_epoch"));
  *triangle.mutable_middle() = Epochs(settings.at("mid_epoch"));
  *triangle.mutable_end() = Epochs(settings.at("end_epoch"));
  return schedule;
}

void CheckWeight(const json& settings, const at::Tensor& values) {
  const std::string type = settings.at(0).get<std::string>();
  const json& arguments = settings.at(1);
  ssl::Schedule schedule;
  if (type == "ConstantScheduler") {
    schedule.set_constant(arguments.at("weight").get<double>());
  } else if (type == "WarmupScheduler") {
    schedule = Window(arguments);
  } else if (type == "StepScheduler") {
    schedule = StepDecay(arguments);
  } else if (type == "IntervalScheduler") {
    schedule = Intervals(arguments);
  } else if (type == "TriangleScheduler") {
    schedule = Triangle(arguments);
  } else {
    FAIL() << "unknown " << type;
  }
  EXPECT_TRUE(ssl::Validate(schedule).ok()) << ssl::Validate(schedule);
  for (const int64_t steps_per_epoch : {1, 7}) {
    const ssl::RunLength run{steps_per_epoch, steps_per_epoch * values.size(0),
                             1};
    for (int64_t epoch = 0; epoch < values.size(0); ++epoch) {
      EXPECT_NEAR(ssl::ScheduleValue(schedule, epoch * steps_per_epoch, run),
                  values[epoch].item<double>(), 1e-14)
          << "epoch " << epoch;
    }
  }
}

// Compares with facebookresearch/mae, with the tokens that its ViT exempts from
// decay.
void CheckLayerDecay(const json& settings, const std::string& name,
                     const at::Tensor& values) {
  const int64_t depth = settings.at("depth").get<int64_t>();
  const bool one_dimensional =
      absl::EndsWith(name, ".bias") || absl::StrContains(name, "norm");
  const at::Tensor parameter =
      one_dimensional ? at::zeros({2}) : at::zeros({2, 2});
  ssl::OptimizerSpec spec;
  spec.set_layer_decay(settings.at("decay").get<double>());
  spec.add_no_weight_decay("cls_token");
  spec.add_no_weight_decay("pos_embed");
  const std::vector<ssl::OptimizerParameter> result =
      ssl::OptimizerParameters(spec, {{name, parameter}}, depth);
  EXPECT_EQ(static_cast<double>(ssl::LayerNumber(name, depth)),
            values[0].item<double>());
  EXPECT_NEAR(result[0].lr_scale, values[1].item<double>(), 1e-15);
  EXPECT_EQ(result[0].weight_decay, values[2].item<double>());
}

TEST(ScheduleGoldens, EveryTensor) {
  for (const GoldenFile& file : GoldenFamily("schedule")) {
    std::map<std::string, int> checked;
    for (const auto& [name, values] : file.content().tensors) {
      SCOPED_TRACE(absl::StrCat(file.name(), ": ", name));
      const std::string kind = name.substr(0, name.find('.'));
      absl::string_view parameter = name;
      if (absl::ConsumePrefix(&parameter, "layer_decay.")) {
        CheckLayerDecay(Settings(file, "layer_decay"), std::string(parameter),
                        values);
      } else if (kind == "mae") {
        CheckMae(Settings(file, name), values);
      } else if (kind == "solo") {
        CheckSolo(Settings(file, name), values);
      } else if (kind == "weight") {
        CheckWeight(Settings(file, name), values);
      } else {
        ADD_FAILURE() << "unknown";
      }
      ++checked[kind];
    }
    EXPECT_FALSE(checked.empty()) << file.name();
  }
}

}  // namespace
}  // namespace caldera
