#include "ssl/train/loop/training_loader.h"

#include <utility>

#include "data/augment/views.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<data::Loader>> MakeTrainingLoader(
    const Experiment& experiment, std::shared_ptr<const data::Dataset> dataset,
    const Processes& processes, const at::Device& device) {
  const data::LoaderSpec& spec = experiment.data().loader();
  data::LoaderOptions options;
  options.batch_size = experiment.train().batch_size();
  options.seed = experiment.seed();
  options.image_size = experiment.encoder().image_size();
  options.shuffle = true;
  options.shuffle_buffer = experiment.data().shuffle_buffer();
  options.drop_last = true;
  options.workers = spec.workers();
  options.prefetch = spec.prefetch();
  options.views = data::ViewsOf(experiment.data());
  options.repeats = spec.repeats();
  options.on_bad_image = spec.on_bad_image();
  options.rank = static_cast<int>(processes.rank());
  options.world_size = static_cast<int>(processes.size());
  options.microbatches = experiment.train().accumulate_steps();
  options.pin_memory = device.is_cuda();
  options.plans_only = spec.on_device();
  return data::Loader::Create(std::move(dataset), std::move(options));
}

}  // namespace caldera::ssl
