// Makes the observers that an experiment asks for: train.online,
// pictures_every.
//
//   auto trainer = Trainer::Create(experiment, options);
//   auto observers = MakeObservers(experiment, **trainer, processes, device);
//   for (auto& observer : *observers) (*trainer)->Observe(std::move(observer));
#ifndef CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_
#define CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera::ssl {

// Makes the observers of `trainer`, which was made of the same experiment,
// processes and device, and owns the modules that they watch. Returns the
// errors of OnlineProbe::Create and of opening the images.
absl::StatusOr<std::vector<std::unique_ptr<StepObserver>>> MakeObservers(
    const Experiment& experiment, Trainer& trainer, const Processes& processes,
    const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_MAKE_OBSERVERS_H_
