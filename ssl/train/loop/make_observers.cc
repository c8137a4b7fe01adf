#include "ssl/train/loop/make_observers.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "ssl/methods/method.h"
#include "ssl/schedule/duration.h"
#include "ssl/train/monitor/online_probe.h"
#include "ssl/train/monitor/reconstruction_pictures.h"

namespace caldera::ssl {
namespace {

// Draws reconstructions for TensorBoard ("reconstructions") after every
// `interval` steps and at the end; draws nothing for a method that does not
// reconstruct. `method` and `processes` outlive the observer.
class PictureObserver : public StepObserver {
 public:
  PictureObserver(ReconstructionPictures pictures, Method& method,
                  int64_t interval, int64_t total_steps,
                  const Processes& processes)
      : pictures_(std::move(pictures)),
        method_(method),
        interval_(interval),
        total_steps_(total_steps),
        processes_(processes) {}

  absl::Status AfterStep(const StepReport& report,
                         Recorder* recorder) override {
    const bool due =
        report.done % interval_ == 0 || report.done == total_steps_;
    if (!due || recorder == nullptr) return absl::OkStatus();
    absl::Status status;
    processes_.RunWhileOthersWait([&] {
      const std::optional<at::Tensor> picture = pictures_.Draw(method_);
      if (picture.has_value()) {
        status = recorder->LogImage(report.done, "reconstructions", *picture);
      }
    });
    return status;
  }

 private:
  const ReconstructionPictures pictures_;
  Method& method_;
  const int64_t interval_, total_steps_;
  const Processes& processes_;
};

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<StepObserver>>> MakeObservers(
    const Experiment& experiment, Trainer& trainer, const Processes& processes,
    const at::Device& device) {
  const TrainSpec& spec = experiment.train();
  const RunLength& run = trainer.run_length();
  std::vector<std::unique_ptr<StepObserver>> observers;
  if (spec.has_online()) {
    ASSIGN_OR_RETURN(auto probe,
                     OnlineProbe::Create(experiment, trainer.method().encoder(),
                                         run, processes, device));
    observers.push_back(std::move(probe));
  }
  const int64_t pictures_every = WholeSteps(spec.pictures_every(), run, 0);
  const bool draws = processes.rank() == 0;
  if (pictures_every > 0 && draws) {
    ASSIGN_OR_RETURN(
        auto pictures,
        base::About("train.pictures_every",
                    ReconstructionPictures::Open(
                        experiment, trainer.data_info().splits, device)));
    observers.push_back(std::make_unique<PictureObserver>(
        std::move(pictures), trainer.method(), pictures_every, run.total_steps,
        processes));
  }
  return observers;
}

}  // namespace caldera::ssl
