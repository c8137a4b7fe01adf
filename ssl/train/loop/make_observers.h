// Makes the observers that an experiment asks for: train.online,
// pictures_every.
//
//   auto trainer = Trainer::Create(experiment, options);
//   auto observers = MakeObservers(experiment, **trainer, processes, device,
//                                  measured, &notes, missing);
//   for (auto& observer : *observers) (*trainer)->Observe(std::move(observer));
#ifndef CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_
#define CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/program/missing.h"
#include "eval/features/opened_splits.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/label_free/label_free_run.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/reconstruction_pictures.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera::ssl {

// What observers measure and draw: that of RunMeasurements on rank 0; the other
// ranks need the training split alone.
struct Watched {
  eval::OpenedSplits splits;
  std::optional<ReconstructionPictures> pictures;
  // For train.label_free; null: nothing is measured so.
  std::shared_ptr<LabelFreeRun> label_free;
};

// Makes the observers of `trainer`, which was made of the same experiment,
// processes and device, has not run yet, and owns the modules that they watch.
// Adds to `notes` what they leave out or limit. A picture or a measurement that
// fails during the run is noted in `missing`, which outlives them. Returns the
// errors of OnlineProbe::Create.
absl::StatusOr<std::vector<std::unique_ptr<StepObserver>>> MakeObservers(
    const Experiment& experiment, Trainer& trainer, const Processes& processes,
    const at::Device& device, const Watched& watched,
    std::vector<std::string>* notes, base::Missing& missing);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_
