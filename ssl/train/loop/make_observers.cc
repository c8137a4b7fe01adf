#include "ssl/train/loop/make_observers.h"

#include <cstdint>
#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "ssl/schedule/duration.h"
#include "ssl/train/monitor/online_probe.h"
#include "ssl/train/monitor/picture_observer.h"
#include "ssl/train/monitor/reconstruction_pictures.h"

namespace caldera::ssl {

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
