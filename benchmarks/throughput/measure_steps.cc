#include "benchmarks/throughput/measure_steps.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/program/exception_status.h"
#include "base/status.h"
#include "benchmarks/throughput/device_clock.h"
#include "benchmarks/throughput/spread.h"
#include "data/loader/loader.h"
#include "ssl/distributed/gather.h"
#include "ssl/methods/method.h"
#include "ssl/objective/objective.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/loop/training_loader.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/monitor/step_observer.h"
#include "ssl/train/step/graph_replay.h"
#include "ssl/train/step/step_graph.h"
#include "vit/ops/linear.h"
#include "vit/ops/plain_ops.h"

namespace caldera::benchmarks {
namespace {

// Timed calls of a term. All processes make as many: terms may exchange
// features.
constexpr int kTermWarmUp = 3, kTermRepeats = 10;

// Returns the experiment with one of its terms, for each term.
std::vector<ssl::Experiment> OneTermEach(const ssl::Experiment& experiment) {
  std::vector<ssl::AuxiliaryLossSpec> terms(experiment.auxiliary().begin(),
                                            experiment.auxiliary().end());
  if (experiment.has_regularizer()) {
    terms.insert(terms.begin(), experiment.regularizer());
  }
  std::vector<ssl::Experiment> experiments;
  for (const ssl::AuxiliaryLossSpec& term : terms) {
    ssl::Experiment alone = experiment;
    alone.clear_auxiliary();
    *alone.mutable_regularizer() = term;
    experiments.push_back(std::move(alone));
  }
  return experiments;
}

// Returns the median seconds of `work`, replayed from a graph if asked to.
double TimeTerm(const std::function<void()>& work, const at::Device& device,
                bool from_graph) {
  std::unique_ptr<ssl::StepGraph> graph;
  if (from_graph) graph = ssl::StepGraphFactory()();
  for (int i = 0; i < kTermWarmUp; ++i) {
    if (graph != nullptr) {
      graph->WarmUp(work);
    } else {
      work();
    }
  }
  if (graph != nullptr) graph->Capture(work);
  DeviceClock clock(device);
  clock.Mark();
  for (int i = 0; i < kTermRepeats; ++i) {
    if (graph != nullptr) {
      graph->Replay();
    } else {
      work();
    }
    clock.Mark();
  }
  return SpreadOf(clock.Seconds()).median;
}

// Returns the seconds of each auxiliary term by its name in metrics, medians of
// some calls. `method` is the experiment's, on the batch's device; its forward
// pass makes the features. All processes call it together. Errors: those of
// ssl::ExperimentPlan::Make.
//
// A term is timed apart from the step, forward and backward to the features
// that it reads: inside a step on a GPU nothing can be timed alone, and
// differences between full steps are smaller than their noise. As in a step it
// runs from a CUDA graph where there is one, on a CPU with all threads.
absl::StatusOr<std::map<std::string, double>> TermSeconds(
    const ssl::Experiment& experiment, ssl::Method& method,
    const ssl::DeviceBatch& batch, const ssl::Processes& processes) {
  std::map<std::string, double> seconds;
  const std::vector<ssl::Experiment> terms = OneTermEach(experiment);
  if (terms.empty()) return seconds;
  ASSIGN_OR_RETURN(const ssl::ExperimentPlan plan,
                   ssl::ExperimentPlan::Make(experiment));
  ssl::StepOutput output;
  {
    const at::NoGradGuard no_grad;
    output = method.Step(batch, {experiment.seed(), 0});
  }
  output.terms.clear();  // those that the method made
  std::vector<at::Tensor> features;
  for (at::Tensor* rows : ssl::RowTensors(output.context, method.request())) {
    if (!rows->is_floating_point()) continue;
    *rows = rows->detach().requires_grad_();
    features.push_back(*rows);
  }
  const at::Device device = method.parameters()[0].device();
  const ssl::RunLength run = {1, 1, batch.index.size(0)};
  const bool from_graph = !device.is_cpu() && ssl::StepGraphFactory() &&
                          processes.single() && method.stays_on_device();
  for (const ssl::Experiment& term : terms) {
    ASSIGN_OR_RETURN(ssl::Objective objective,
                     ssl::Objective::Create(term, plan.sizes()));
    objective.Build(experiment.seed(), ssl::MakeExchange(processes));
    objective.module().to(device);
    if (experiment.train().precision() == ssl::TrainSpec::BF16) {
      vit::SetComputeType(objective.module(), at::kBFloat16);
    }
    std::string name;
    const auto work = [&] {
      const ssl::TotalLoss loss =
          objective.Combine(output, 0, run, /*with_diagnostics=*/false);
      name = loss.terms.back().name;
      if (!loss.total.defined()) return;  // the term only observes
      torch::autograd::grad({loss.total}, features, {},
                            /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
    };
    const double time = TimeTerm(work, device, from_graph);
    while (seconds.count(name) > 0) absl::StrAppend(&name, "_again");
    seconds[name] = time;
  }
  return seconds;
}

// The numbers of steps after which each part begins and ends.
struct Plan {
  int64_t resident_from, resident_to;
  int64_t loader_from, loader_to;  // equal without the loader
};

// Returns the number of steps with the loader before the timed ones.
int64_t LoaderWarmUp(const ssl::Experiment& experiment,
                     const MeasureOptions& options, double step_seconds) {
  constexpr double kFarAhead = 10;
  const double batch_seconds =
      experiment.train().batch_size() / options.loader_rate;
  // The number must be the same on all processes, whose times differ.
  if (options.processes->single() && options.loader_rate > 0 &&
      step_seconds > kFarAhead * batch_seconds) {
    return 1;
  }
  const data::LoaderSpec& loader = experiment.data().loader();
  return std::max<int64_t>(options.warmup,
                           std::max(loader.prefetch(), loader.workers()));
}

class StepWatch : public ssl::StepObserver {
 public:
  StepWatch(const ssl::Experiment& experiment, const MeasureOptions& options,
            Plan* plan, ssl::Method* method, const MemoryWindow* window,
            StepTimes* times)
      : experiment_(experiment),
        options_(options),
        plan_(plan),
        method_(method),
        window_(window),
        times_(times),
        resident_(options.device),
        with_loader_(options.device) {}

  absl::Status AfterStep(const ssl::StepReport& report,
                         ssl::Recorder* /*recorder*/) override {
    const int64_t done = report.done;
    if (done >= plan_->resident_from && done <= plan_->resident_to) {
      resident_.Mark();
    }
    if (done == plan_->resident_from) held_ = ssl::LiveMemory(options_.device);
    if (done == plan_->resident_to) EndResident();
    if (options_.loader && done >= plan_->loader_from) with_loader_.Mark();
    if (done < plan_->loader_to) return absl::OkStatus();
    times_->with_loader = with_loader_.Seconds();
    ASSIGN_OR_RETURN(
        times_->terms,
        TermSeconds(experiment_, *method_, report.batch, *options_.processes));
    return absl::OkStatus();
  }

 private:
  void EndResident() {
    times_->growth = ssl::LiveMemory(options_.device) - held_;
    times_->peak = window_->Peak();
    times_->resident = resident_.Seconds();
    if (!options_.loader) return;
    plan_->loader_from =
        plan_->resident_to +
        LoaderWarmUp(experiment_, options_, SpreadOf(times_->resident).median);
    plan_->loader_to = plan_->loader_from + options_.steps;
  }

  const ssl::Experiment& experiment_;
  const MeasureOptions& options_;
  Plan* plan_;
  ssl::Method* method_;
  const MemoryWindow* window_;
  StepTimes* times_;
  DeviceClock resident_, with_loader_;
  int64_t held_ = 0;
};

absl::StatusOr<StepTimes> Measure(const ssl::Experiment& experiment,
                                  const MeasureOptions& options) {
  int64_t warmup = options.warmup;
  if (!options.device.is_cpu()) {  // a graph is recorded and replayed once
    warmup = std::max<int64_t>(warmup, ssl::GraphReplay::kWarmUp + 2);
  }
  const int64_t resident_to = warmup + options.steps;
  Plan plan = {warmup, resident_to, resident_to,
               // A placeholder until it is known: not before the resident steps
               // have ended.
               resident_to + (options.loader ? 1 : 0)};
  StepTimes times;
  const vit::PlainOps plain(experiment.train().plain_ops());
  const MemoryWindow window(options.device);
  ssl::TrainerOptions trainer_options;
  trainer_options.device = options.device;
  trainer_options.show_progress = false;
  trainer_options.processes = options.processes;
  trainer_options.dataset = options.dataset;
  trainer_options.repeat_first_batch = resident_to;
  trainer_options.should_stop = [&](int64_t done) {
    return done >= plan.loader_to;
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<ssl::Trainer> trainer,
                   ssl::Trainer::Create(experiment, trainer_options));
  trainer->Observe(std::make_unique<StepWatch>(
      experiment, options, &plan, &trainer->method(), &window, &times));
  RETURN_IF_ERROR(trainer->Run(/*folder=*/nullptr));
  return times;
}

void HoldAtLargest(ssl::AuxiliaryLossSpec* term) {
  double largest = 0;
  const auto values = ssl::ExtremeValues(term->weight());
  if (values.empty()) return;  // the weight is always 1
  for (const auto& [field, value] : values) {
    if (std::abs(value) > std::abs(largest)) largest = value;
  }
  term->mutable_weight()->set_constant(largest);
}

}  // namespace

ssl::Experiment WithSteadySteps(ssl::Experiment experiment) {
  if (experiment.has_regularizer()) {
    HoldAtLargest(experiment.mutable_regularizer());
  }
  for (ssl::AuxiliaryLossSpec& term : *experiment.mutable_auxiliary()) {
    HoldAtLargest(&term);
  }
  ssl::TrainSpec& train = *experiment.mutable_train();
  train.set_steps(int64_t{1} << 40);
  train.set_log_every_steps(std::numeric_limits<int32_t>::max());
  train.clear_checkpoint_every();
  train.clear_keep_every();
  return experiment;
}

absl::StatusOr<StepTimes> MeasureSteps(const ssl::Experiment& experiment,
                                       const MeasureOptions& options) {
  return base::CatchExceptions([&] { return Measure(experiment, options); });
}

absl::StatusOr<double> MeasureLoader(const ssl::Experiment& experiment,
                                     const MeasureOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<data::Loader> loader,
                   ssl::MakeTrainingLoader(experiment, options.dataset,
                                           *options.processes, options.device));
  const data::LoaderSpec& spec = experiment.data().loader();
  // These batches were ready before the first wait.
  for (int i = 0; i <= std::max(spec.prefetch(), spec.workers()); ++i) {
    RETURN_IF_ERROR(loader->Next());
  }
  constexpr int64_t kLeastBatches = 4;
  constexpr double kLeastSeconds = 1;
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0;
  int64_t batches = 0;
  for (; batches < kLeastBatches || seconds < kLeastSeconds; ++batches) {
    RETURN_IF_ERROR(loader->Next());
    seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
  }
  return static_cast<double>(batches * experiment.train().batch_size()) /
         seconds;
}

}  // namespace caldera::benchmarks
