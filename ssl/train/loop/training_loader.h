// Makes the loader that an experiment trains from.
//
//   auto loader = MakeTrainingLoader(experiment, dataset,
//                                    Processes::Single(), device);
//   absl::StatusOr<data::Batch> batch = (*loader)->Next();
#ifndef CALDERA_SSL_TRAIN_LOOP_TRAINING_LOADER_H_
#define CALDERA_SSL_TRAIN_LOOP_TRAINING_LOADER_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "data/loader/loader.h"
#include "data/sets/dataset.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

// Returns a loader of shuffled, full batches, of which this process gets its
// rank rows, in page-locked memory if they go to a GPU. Returns the errors of
// data::Loader::Create.
absl::StatusOr<std::unique_ptr<data::Loader>> MakeTrainingLoader(
    const Experiment& experiment, std::shared_ptr<const data::Dataset> dataset,
    const Processes& processes, const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_TRAINING_LOADER_H_
