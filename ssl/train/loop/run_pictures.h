#ifndef CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_
#define CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_

// The pictures that a run leaves in its folder.
//
//   absl::Status status = DrawRun(experiment, folder, trainer, device);
//
//   images/reconstructions.png  first test images: input, masked input,
//                               prediction with the visible patches, prediction
//                               (methods that reconstruct)
//   images/loss.svg             total loss and every term over the epochs
//   images/figure2.svg          the regularizer's value and the online probe's
//                               accuracies over the epochs (runs that have one)

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

absl::Status DrawRun(const Experiment& experiment, const RunFolder& folder,
                     Trainer& trainer, const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_RUN_PICTURES_H_
