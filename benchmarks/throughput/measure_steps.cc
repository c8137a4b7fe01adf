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
#include "benchmarks/throughput/term_seconds.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/train/graph_replay.h"
#include "ssl/train/memory_use.h"
#include "ssl/train/step_observer.h"
#include "ssl/train/trainer.h"
#include "ssl/train/training_loader.h"

namespace caldera::benchmarks {
namespace {

// After how many steps what begins and ends.
struct Plan {
  int64_t resident_from, resident_to;
  int64_t loader_from, loader_to;  // equal without the loader

  int64_t end() const { return loader_to; }
};

Plan MakePlan(const ssl::Experiment& experiment,
              const MeasureOptions& options) {
  int64_t warmup = options.warmup;
  if (!options.device.is_cpu()) {  // a graph is recorded and replayed once
    warmup = std::max<int64_t>(warmup, ssl::GraphReplay::kWarmUp + 2);
  }
  Plan plan;
  plan.resident_from = warmup;
  plan.resident_to = plan.loader_from = plan.loader_to = warmup + options.steps;
  if (!options.loader) return plan;
  const data::LoaderSpec& loader = experiment.data().loader();
  const auto ready = std::max<int64_t>(loader.prefetch(), loader.workers());
  plan.loader_from += std::max(warmup, ready);
  plan.loader_to = plan.loader_from + options.steps;
  return plan;
}

class StepWatch : public ssl::StepObserver {
 public:
  StepWatch(const ssl::Experiment& experiment, const MeasureOptions& options,
            const Plan& plan, ssl::Method* method, const MemoryWindow* window,
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
    if (done >= plan_.resident_from && done <= plan_.resident_to) {
      resident_.Mark();
    }
    if (done == plan_.resident_from) held_ = ssl::LiveMemory(options_.device);
    if (done == plan_.resident_to) {
      times_->growth = ssl::LiveMemory(options_.device) - held_;
      times_->peak = window_->Peak();
    }
    if (options_.loader && done >= plan_.loader_from) with_loader_.Mark();
    if (done < plan_.end()) return absl::OkStatus();
    times_->resident = resident_.Seconds();
    times_->with_loader = with_loader_.Seconds();
    auto terms =
        TermSeconds(experiment_, *method_, report.batch, *options_.processes);
    if (!terms.ok()) return terms.status();
    times_->terms = *std::move(terms);
    return absl::OkStatus();
  }

 private:
  const ssl::Experiment& experiment_;
  const MeasureOptions& options_;
  const Plan plan_;
  ssl::Method* method_;
  const MemoryWindow* window_;
  StepTimes* times_;
  DeviceClock resident_, with_loader_;
  int64_t held_ = 0;
};

absl::StatusOr<StepTimes> Measure(const ssl::Experiment& experiment,
                                  const MeasureOptions& options) {
  const Plan plan = MakePlan(experiment, options);
  StepTimes times;
  const MemoryWindow window(options.device);
  ssl::TrainerOptions trainer_options;
  trainer_options.device = options.device;
  trainer_options.show_progress = false;
  trainer_options.processes = options.processes;
  trainer_options.dataset = options.dataset;
  trainer_options.repeat_first_batch = plan.resident_to;
  trainer_options.should_stop = [&](int64_t done) {
    return done >= plan.end();
  };
  auto trainer = ssl::Trainer::Create(experiment, trainer_options);
  if (!trainer.ok()) return trainer.status();
  (*trainer)->Observe(std::make_unique<StepWatch>(
      experiment, options, plan, &(*trainer)->method(), &window, &times));
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
