#include "ssl/train/loop/make_observers.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/status.h"
#include "ssl/methods/method.h"
#include "ssl/schedule/duration.h"
#include "ssl/train/monitor/online_probe.h"

namespace caldera::ssl {
namespace {

// Draws reconstructions for TensorBoard ("reconstructions") after every
// `interval` steps and at the end; draws nothing for a method that does not
// reconstruct. `method`, `processes` and `missing` outlive the observer.
class PictureObserver : public StepObserver {
 public:
  PictureObserver(ReconstructionPictures pictures, Method& method,
                  int64_t interval, int64_t total_steps,
                  const Processes& processes, base::Missing& missing)
      : pictures_(std::move(pictures)),
        method_(method),
        interval_(interval),
        total_steps_(total_steps),
        processes_(processes),
        missing_(missing) {}

  absl::Status AfterStep(const StepReport& report,
                         Recorder* recorder) override {
    const bool due =
        report.done % interval_ == 0 || report.done == total_steps_;
    if (!due || recorder == nullptr) return absl::OkStatus();
    processes_.RunWhileOthersWait([&] {
      missing_.Attempt("reconstructions of TensorBoard (train.pictures_every)",
                       [&]() -> absl::Status {
                         const auto picture = pictures_.Draw(method_);
                         if (!picture.has_value()) return absl::OkStatus();
                         return recorder->LogImage(report.done,
                                                   "reconstructions", *picture);
                       });
    });
    return absl::OkStatus();
  }

 private:
  const ReconstructionPictures pictures_;
  Method& method_;
  const int64_t interval_, total_steps_;
  const Processes& processes_;
  base::Missing& missing_;
};

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<StepObserver>>> MakeObservers(
    const Experiment& experiment, Trainer& trainer, const Processes& processes,
    const at::Device& device, const Watched& watched,
    std::vector<std::string>* notes, base::Missing& missing) {
  const TrainSpec& spec = experiment.train();
  const RunLength& run = trainer.run_length();
  std::vector<std::unique_ptr<StepObserver>> observers;
  if (spec.has_online()) {
    ASSIGN_OR_RETURN(
        auto probe,
        OnlineProbe::Create(experiment, trainer.method().encoder(), run,
                            processes, watched.splits, device, notes, missing));
    observers.push_back(std::move(probe));
  }
  if (watched.label_free != nullptr) {
    missing.Attempt("the measures of the beginning (train.label_free)", [&] {
      return watched.label_free->Begin(trainer.method());
    });
    const int64_t every = WholeSteps(spec.label_free().every(), run, 0);
    if (every > 0) {
      observers.push_back(MakeLabelFreeObserver(watched.label_free->held_out(),
                                                trainer.method(), every,
                                                processes, missing));
    }
  }
  const int64_t pictures_every = WholeSteps(spec.pictures_every(), run, 0);
  const bool draws = processes.rank() == 0;
  if (pictures_every > 0 && draws && watched.pictures.has_value()) {
    observers.push_back(std::make_unique<PictureObserver>(
        *watched.pictures, trainer.method(), pictures_every, run.total_steps,
        processes, missing));
  }
  return observers;
}

}  // namespace caldera::ssl
