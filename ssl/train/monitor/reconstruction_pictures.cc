#include "ssl/train/monitor/reconstruction_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include "absl/cleanup/cleanup.h"
#include "base/status.h"
#include "data/loader/first_images.h"
#include "eval/figures/reconstruction_figure.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kImages = 12;

// Converts normalised pixels [B, C, H, W] back to 0..1.
at::Tensor Denormalize(const at::Tensor& images,
                       const data::DatasetInfo& info) {
  const at::Tensor mean =
      at::tensor(info.mean, images.options()).view({1, -1, 1, 1});
  const at::Tensor std =
      at::tensor(info.std, images.options()).view({1, -1, 1, 1});
  return images * std + mean;
}

}  // namespace

absl::StatusOr<ReconstructionPictures> ReconstructionPictures::Open(
    const Experiment& experiment,
    const std::shared_ptr<const data::Dataset>& dataset,
    const at::Device& device) {
  ASSIGN_OR_RETURN(
      const data::Batch batch,
      data::FirstImages(dataset, kImages, experiment.encoder().image_size(),
                        experiment.data().loader().on_bad_image()));
  ReconstructionPictures pictures;
  pictures.info_ = dataset->info();
  pictures.batch_ = ToDevice(batch, pictures.info_, device);
  pictures.streams_ = {experiment.seed(), /*step=*/0};
  pictures.patch_size_ = experiment.encoder().patch_size();
  return pictures;
}

std::optional<at::Tensor> ReconstructionPictures::Draw(Method& method) const {
  const at::NoGradGuard no_grad;
  const auto restored = absl::MakeCleanup(
      [&method, training = method.is_training()] { method.train(training); });
  method.eval();
  const std::optional<Reconstruction> reconstruction =
      method.Reconstruct(batch_, streams_);
  if (!reconstruction.has_value()) return std::nullopt;
  return eval::ReconstructionFigure(
      Denormalize(batch_.views[0], info_).cpu(),
      Denormalize(reconstruction->images, info_).cpu(),
      reconstruction->mask.cpu(), patch_size_, kImages);
}

}  // namespace caldera::ssl
