#include "ssl/train/monitor/reconstruction_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "base/status.h"
#include "data/loader/loader.h"
#include "data/sets/open_dataset.h"
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
    const Experiment& experiment, const std::vector<data::Split>& splits,
    const at::Device& device) {
  const bool has_test =
      std::count(splits.begin(), splits.end(), data::Split::kTest) > 0;
  ASSIGN_OR_RETURN(
      const auto dataset,
      data::OpenDataset(experiment.data(),
                        has_test ? data::Split::kTest : data::Split::kTrain));
  data::LoaderOptions options;
  options.batch_size = std::min<int64_t>(kImages, dataset->size());
  options.image_size = experiment.encoder().image_size();
  options.workers = 0;
  ASSIGN_OR_RETURN(const auto loader, data::Loader::Create(dataset, options));
  ASSIGN_OR_RETURN(const data::Batch batch, loader->Next());
  ReconstructionPictures pictures;
  pictures.info_ = dataset->info();
  pictures.batch_ = ToDevice(batch, pictures.info_, device);
  pictures.streams_ = {experiment.seed(), /*step=*/0};
  pictures.patch_size_ = experiment.encoder().patch_size();
  return pictures;
}

std::optional<at::Tensor> ReconstructionPictures::Draw(Method& method) const {
  const at::NoGradGuard no_grad;
  const bool was_training = method.is_training();
  method.eval();
  const std::optional<Reconstruction> reconstruction =
      method.Reconstruct(batch_, streams_);
  method.train(was_training);
  if (!reconstruction.has_value()) return std::nullopt;
  return eval::ReconstructionFigure(
      Denormalize(batch_.views[0], info_).cpu(),
      Denormalize(reconstruction->images, info_).cpu(),
      reconstruction->mask.cpu(), patch_size_, kImages);
}

}  // namespace caldera::ssl
