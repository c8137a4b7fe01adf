// Measures the time of a training step that is not arithmetic.
//
//   ./bazelw run //benchmarks:trainer_overhead
//
// Trains fashion_mnist/m_mae with MAGMA's weight on for some hundred steps, as
// //:pretrain does: real batches, a line of metrics every 50 steps, checkpoints
// every 100. Prints the time of each phase (ssl/objective/step_phase.h), the
// time outside forward, loss, backward and optimizer, and MAGMA's share.
#include <glog/logging.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/program/command_line.h"
#include "ssl/objective/step_phase.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/phase_times.h"
#include "ssl/train/monitor/run_folder.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera {
namespace {

constexpr int64_t kFirst = 50;  // earlier steps warm up caches and allocator
constexpr int64_t kLast = 450;

using Clock = std::chrono::steady_clock;

struct Sums {
  std::map<std::string, double> phases;  // seconds
  double seconds = 0;
};

// Measures from the beginning of step kFirst to the beginning of step kLast.
class Window : public ssl::StepObserver {
 public:
  explicit Window(Sums* sums) : sums_(sums) {}

  void BeforeStep(int64_t step) override {
    if (step == kFirst) {
      times_.Reset();
      start_ = Clock::now();
    } else if (step == kLast) {
      sums_->phases = times_.Seconds();
      sums_->seconds =
          std::chrono::duration<double>(Clock::now() - start_).count();
    }
  }
  absl::Status AfterStep(const ssl::StepReport& /*report*/,
                         ssl::Recorder* /*recorder*/) override {
    return absl::OkStatus();
  }

 private:
  Sums* sums_;
  ssl::PhaseTimes times_;
  Clock::time_point start_;
};

Sums Train(const at::Device& device) {
  const auto experiment = ssl::LoadExperiment(
      "fashion_mnist/m_mae",
      {"regularizer.weight={constant: 1}", "train.steps=500",
       "train.checkpoint_every={steps: 100}"});
  CHECK(experiment.ok()) << experiment.status();
  ssl::TrainerOptions options;
  options.device = device;
  options.show_progress = false;
  auto trainer = ssl::Trainer::Create(*experiment, options);
  CHECK(trainer.ok()) << trainer.status();
  const std::string path =
      std::filesystem::temp_directory_path() / "caldera_trainer_overhead";
  std::filesystem::remove_all(path);
  Sums sums;
  {
    const auto folder = ssl::RunFolder::Open(path, *experiment);
    CHECK(folder.ok()) << folder.status();
    (*trainer)->Observe(std::make_unique<Window>(&sums));
    const auto finished = (*trainer)->Run(&*folder);
    CHECK(finished.ok()) << finished.status();
  }
  std::filesystem::remove_all(path);
  return sums;
}

void Print(const Sums& sums) {
  const auto row = [&](const std::string& name, double seconds) {
    std::printf("| %-40s | %9.3f | %6.2f %% |\n", name.c_str(),
                1e3 * seconds / (kLast - kFirst), 100 * seconds / sums.seconds);
  };
  std::printf("| %-40s | ms a step |    share |\n|%s|----------:|---------:|\n",
              "", std::string(42, '-').c_str());
  for (const auto& [name, seconds] : sums.phases) row(name, seconds);
  double arithmetic = 0;
  for (const char* phase :
       {ssl::kForwardPhase, ssl::kTermsPhase, ssl::kBackwardPhase,
        ssl::kJudgePhase, ssl::kOptimizerPhase}) {
    arithmetic += sums.phases.at(phase);
  }
  row("outside forward, backward and optimizer", sums.seconds - arithmetic);
  row("step", sums.seconds);
}

}  // namespace
}  // namespace caldera

int main(int argc, char** argv) {
  return caldera::base::RunProgram(
      "usage: trainer_overhead [--threads=0]\n", argc, argv, [] {
        const absl::StatusOr<at::Device> device = caldera::base::SetUpCompute();
        if (!device.ok()) return caldera::base::Fail(device.status());
        caldera::Print(caldera::Train(*device));
        return 0;
      });
}
