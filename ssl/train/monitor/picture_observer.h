#ifndef CALDERA_SSL_TRAIN_MONITOR_PICTURE_OBSERVER_H_
#define CALDERA_SSL_TRAIN_MONITOR_PICTURE_OBSERVER_H_

// Pictures of reconstructions for TensorBoard while a run trains:
// train.pictures_every.
//
//   trainer->Observe(std::make_unique<PictureObserver>(
//       *std::move(pictures), trainer->method(), /*interval=*/500, total_steps,
//       processes));

#include <cstdint>

#include "ssl/distributed/processes.h"
#include "ssl/methods/method.h"
#include "ssl/train/monitor/reconstruction_pictures.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera::ssl {

class PictureObserver : public StepObserver {
 public:
  // "reconstructions" after every `interval` steps and at the end; nothing from
  // a method that does not reconstruct. `method` and `processes`
  // outlive the observer.
  PictureObserver(ReconstructionPictures pictures, Method& method,
                  int64_t interval, int64_t total_steps,
                  const Processes& processes);

  absl::Status AfterStep(const StepReport& report, Recorder* recorder) override;

 private:
  const ReconstructionPictures pictures_;
  Method& method_;
  const int64_t interval_, total_steps_;
  const Processes& processes_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PICTURE_OBSERVER_H_
