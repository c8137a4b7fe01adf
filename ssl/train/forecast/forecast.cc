#include "ssl/train/forecast/forecast.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/status.h"
#include "data/sets/open_dataset.h"
#include "ssl/objective/objective.h"
#include "ssl/train/forecast/matrix_product_rate.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/monitor/step_observer.h"
#include "ssl/train/step/learner.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kTimedSteps = 3;

int64_t CountTrained(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    if (parameter.requires_grad()) count += parameter.numel();
  }
  return count;
}

int64_t CountAll(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    count += parameter.numel();
  }
  return count;
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Measures the time of each step, including the loading of its batch.
class StepClock : public StepObserver {
 public:
  struct Times {
    std::vector<double> wall, processor;  // seconds, one entry a step
  };
  explicit StepClock(Times* times) : times_(times) {}

  void BeforeStep(int64_t /*step*/) override {
    start_ = std::chrono::steady_clock::now();
    processor_start_ = ProcessorSeconds();
  }
  absl::Status AfterStep(const StepReport& report,
                         Recorder* /*recorder*/) override {
    report.loss.total.item<double>();  // waits for the device
    times_->wall.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
            .count());
    times_->processor.push_back(ProcessorSeconds() - processor_start_);
    return absl::OkStatus();
  }

 private:
  Times* times_;
  std::chrono::steady_clock::time_point start_;
  double processor_start_ = 0;
};

// The first step is a warm-up if there are more.
StepTiming ToTiming(const StepClock::Times& times, const at::Device& device) {
  const auto first = times.wall.size() > 1 ? 1 : 0;
  std::vector<double> wall(times.wall.begin() + first, times.wall.end());
  double sum = 0, processor = 0;
  for (size_t i = first; i < times.wall.size(); ++i) {
    sum += times.wall[i];
    processor += times.processor[i];
  }
  std::sort(wall.begin(), wall.end());
  StepTiming timing;
  timing.seconds = wall[wall.size() / 2];
  timing.steps = static_cast<int64_t>(wall.size());
  timing.busy_threads = device.is_cpu() ? processor / sum : 0;
  timing.matrix_product_rate = MatrixProductRate(device);
  timing.peak_memory = PeakMemory(device);
  return timing;
}

// Returns what follows from the sizes of a learner.
Forecast SizesOf(const Learner& learner, const TrainSpec& train,
                 const at::Device& device) {
  Method& method = *learner.method;
  const torch::nn::Module& terms = learner.objective.module();
  Forecast forecast;
  ParameterCounts& parameters = forecast.parameters;
  parameters.encoder = CountTrained(method.encoder());
  parameters.rest =
      CountTrained(method) + CountTrained(terms) - parameters.encoder;
  parameters.teacher =
      CountAll(method) + CountAll(terms) - parameters.trained();
  forecast.run = learner.run;
  forecast.costs = learner.objective.Costs(method, train.batch_size());
  forecast.memory = StepMemory(learner, train, device);
  return forecast;
}

absl::StatusOr<Forecast> FromSizes(ExperimentPlan plan,
                                   const at::Device& device,
                                   const data::Dataset* dataset) {
  const Experiment experiment = plan.experiment();
  Objective objective = plan.BuildObjective();
  ASSIGN_OR_RETURN(const std::shared_ptr<Method> method,
                   plan.BuildMethod(dataset));
  RunLength run;
  run.batch_size = experiment.train().batch_size();
  return SizesOf(Learner(experiment, method, std::move(objective), run),
                 experiment.train(), device);
}

// Builds the trainer and takes its first steps.
absl::StatusOr<Forecast> FromSteps(
    ExperimentPlan plan, const at::Device& device,
    std::shared_ptr<const data::Dataset> dataset) {
  const TrainSpec train = plan.experiment().train();
  TrainerOptions options;
  options.device = device;
  options.show_progress = false;
  options.dataset = std::move(dataset);
  options.should_stop = [](int64_t done) { return done == 1 + kTimedSteps; };
  ASSIGN_OR_RETURN(const auto trainer,
                   Trainer::Create(std::move(plan), options));
  Forecast forecast = SizesOf(trainer->learner(), train, device);
  StepClock::Times times;
  trainer->Observe(std::make_unique<StepClock>(&times));
  RETURN_IF_ERROR(trainer->Run(/*folder=*/nullptr));
  forecast.timing = ToTiming(times, device);
  return forecast;
}

}  // namespace

absl::StatusOr<Forecast> ForecastFromSizes(const Experiment& experiment,
                                           const at::Device& device,
                                           const data::Dataset* dataset) {
  ASSIGN_OR_RETURN(ExperimentPlan plan, ExperimentPlan::Make(experiment));
  return FromSizes(std::move(plan), device, dataset);
}

absl::StatusOr<Forecast> MakeForecast(ExperimentPlan plan,
                                      const at::Device& device) {
  const Experiment experiment = plan.experiment();
  auto dataset = data::OpenDataset(experiment.data());
  if (dataset.ok()) {
    auto measuring = ForecastMeasuring(experiment, device, *dataset);
    ASSIGN_OR_RETURN(Forecast forecast,
                     FromSteps(std::move(plan), device, *std::move(dataset)));
    // Images that only the evaluation needs do not keep a run from starting.
    if (measuring.ok()) {
      forecast.measuring = *std::move(measuring);
    } else {
      forecast.no_measuring = std::string(measuring.status().message());
    }
    return forecast;
  }
  if (experiment.has_classification() &&
      !experiment.classification().has_num_classes()) {
    return dataset.status();  // the last layer depends on the data set
  }
  ASSIGN_OR_RETURN(Forecast forecast,
                   FromSizes(std::move(plan), device, /*dataset=*/nullptr));
  forecast.no_timing = std::string(dataset.status().message());
  forecast.run.steps_per_epoch = 0;
  forecast.run.total_steps =
      experiment.train().length_case() == TrainSpec::kEpochs
          ? 0
          : TotalSteps(experiment.train(), /*steps_per_epoch=*/1);
  return forecast;
}

}  // namespace caldera::ssl
