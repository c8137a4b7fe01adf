#include "eval/features.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <functional>
#include <utility>
#include <vector>

#include "data/data.pb.h"
#include "data/loader.h"
#include "data/normalize.h"
#include "eval/frozen_encoder.h"

namespace caldera::eval {
namespace {

// Runs `features` over the whole data set: uint8 [B, C, S, S] on the device ->
// [B, D] for each of `count` features.
absl::StatusOr<std::vector<LabelledFeatures>> ForEachBatch(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size,
    const ExtractOptions& extract, size_t count,
    const std::function<std::vector<at::Tensor>(const at::Tensor&)>& features) {
  data::LoaderOptions options;
  options.batch_size = extract.batch_size;
  options.image_size = image_size;
  options.workers = extract.workers;
  options.seed = extract.seed;
  if (extract.augment.has_value()) options.views = {*extract.augment};
  auto loader = data::Loader::Create(dataset, options);
  if (!loader.ok()) return loader.status();
  const at::NoGradGuard no_grad;
  const at::Tensor labels = at::empty({dataset->size()}, at::kLong);
  std::vector<LabelledFeatures> all(count);
  int64_t row = 0;
  for (int64_t i = 0; i < (*loader)->steps_per_epoch(); ++i) {
    const absl::StatusOr<data::Batch> batch = (*loader)->Next();
    if (!batch.ok()) return batch.status();
    const std::vector<at::Tensor> some =
        features(batch->views[0].to(extract.device));
    const int64_t rows = batch->labels.size(0);
    for (size_t f = 0; f < count; ++f) {
      if (row == 0) {
        all[f] = {at::empty({dataset->size(), some[f].size(1)}, at::kFloat),
                  labels};
      }
      all[f].features.narrow(0, row, rows).copy_(some[f]);
    }
    labels.narrow(0, row, rows).copy_(batch->labels);
    row += rows;
  }
  return all;
}

}  // namespace

absl::StatusOr<std::vector<LabelledFeatures>> ExtractReadouts(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options) {
  const FrozenEncoder frozen(encoder);
  const data::DatasetInfo& info = dataset->info();
  return ForEachBatch(
      dataset, encoder.spec().image_size(), options, readouts.size(),
      [&](const at::Tensor& images) {
        return ReadFeatures(
            encoder, data::Normalize(images, info.mean, info.std), readouts);
      });
}

absl::StatusOr<LabelledFeatures> ExtractFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const FeatureOptions& options) {
  EvalSpec spec;
  spec.set_feature(options.feature);
  const auto readouts = ReadoutsOf(spec, encoder.spec());
  if (!readouts.ok()) return readouts.status();
  ExtractOptions extract;
  extract.batch_size = options.batch_size;
  extract.device = options.device;
  if (options.crop < 1) {
    data::AugmentSpec centre;
    centre.mutable_center_crop()->set_share(options.crop);
    centre.set_horizontal_flip(0);
    extract.augment = centre;
  }
  auto features = ExtractReadouts(encoder, dataset, *readouts, extract);
  if (!features.ok()) return features.status();
  return (*std::move(features))[0];
}

absl::StatusOr<LabelledFeatures> RawPixels(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size) {
  ExtractOptions options;
  options.batch_size = 1000;
  auto pixels = ForEachBatch(
      dataset, image_size, options, 1, [](const at::Tensor& images) {
        return std::vector<at::Tensor>{images.flatten(1).to(at::kFloat) /
                                       255.0};
      });
  if (!pixels.ok()) return pixels.status();
  return (*std::move(pixels))[0];
}

}  // namespace caldera::eval
