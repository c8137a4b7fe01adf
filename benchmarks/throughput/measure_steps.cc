#include "benchmarks/throughput/measure_steps.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

#include "absl/strings/match.h"
#include "benchmarks/throughput/device_clock.h"
#include "benchmarks/throughput/spread.h"
#include "benchmarks/throughput/term_seconds.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/loop/training_loader.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/monitor/step_observer.h"
#include "ssl/train/step/graph_replay.h"

namespace caldera::benchmarks {
namespace {

// After how many steps what begins and ends.
struct Plan {
  int64_t resident_from, resident_to;
  int64_t loader_from, loader_to;  // equal without the loader
};

// Steps from the loader before the timed ones.
int64_t LoaderWarmUp(const ssl::Experiment& experiment,
                     const MeasureOptions& options, double step_seconds) {
  constexpr double kFarAhead = 10;
  const double batch_seconds =
      experiment.train().batch_size() / options.loader_rate;
  // Processes must not differ in it, and their times do.
  if (options.processes->alone() && options.loader_rate > 0 &&
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
    auto terms =
        TermSeconds(experiment_, *method_, report.batch, *options_.processes);
    if (!terms.ok()) return terms.status();
    times_->terms = *std::move(terms);
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
               // Until it is known: not before the resident steps have ended.
               resident_to + (options.loader ? 1 : 0)};
  StepTimes times;
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
  auto trainer = ssl::Trainer::Create(experiment, trainer_options);
  if (!trainer.ok()) return trainer.status();
  (*trainer)->Observe(std::make_unique<StepWatch>(
      experiment, options, &plan, &(*trainer)->method(), &window, &times));
  const absl::StatusOr<bool> finished = (*trainer)->Run(/*folder=*/nullptr);
  if (!finished.ok()) return finished.status();
  return times;
}

void HoldAtLargest(ssl::AuxiliaryLossSpec* term) {
  double largest = 0;
  const auto values = ssl::ExtremeValues(term->weight());
  if (values.empty()) return;  // 1 throughout
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
  try {
    return Measure(experiment, options);
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(error.what_without_backtrace());
  } catch (const std::bad_alloc& error) {
    return absl::ResourceExhaustedError(error.what());
  } catch (const c10::Error& error) {
    // LibTorch's allocator for CPUs has no type of its own for it.
    const std::string what = error.what_without_backtrace();
    if (!absl::StrContains(what, "can't allocate memory")) throw;
    return absl::ResourceExhaustedError(what);
  }
}

absl::StatusOr<double> MeasureLoader(const ssl::Experiment& experiment,
                                     const MeasureOptions& options) {
  auto loader = ssl::MakeTrainingLoader(experiment, options.dataset,
                                        *options.processes, options.device);
  if (!loader.ok()) return loader.status();
  const data::LoaderSpec& spec = experiment.data().loader();
  // Batches that the workers had ready before anybody waited for one.
  for (int i = 0; i <= std::max(spec.prefetch(), spec.workers()); ++i) {
    const auto batch = (*loader)->Next();
    if (!batch.ok()) return batch.status();
  }
  constexpr int64_t kLeastBatches = 4;
  constexpr double kLeastSeconds = 1;
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0;
  int64_t batches = 0;
  for (; batches < kLeastBatches || seconds < kLeastSeconds; ++batches) {
    const auto batch = (*loader)->Next();
    if (!batch.ok()) return batch.status();
    seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
  }
  return static_cast<double>(batches * experiment.train().batch_size()) /
         seconds;
}

}  // namespace caldera::benchmarks
