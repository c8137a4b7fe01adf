#include "eval/features.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mean.h>

#include <functional>
#include <utility>
#include <vector>

#include "data/data.pb.h"
#include "data/loader.h"
#include "data/normalize.h"

namespace caldera::eval {
namespace {

// Runs `feature` over the whole data set: uint8 [B, C, S, S] -> [B, D].
absl::StatusOr<LabelledFeatures> ForEachBatch(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size,
    int64_t batch_size, double crop, const at::Device& device,
    const std::function<at::Tensor(const at::Tensor&)>& feature) {
  data::LoaderOptions options;
  options.batch_size = batch_size;
  options.image_size = image_size;
  if (crop < 1) {
    data::AugmentSpec centre;
    centre.mutable_center_crop()->set_share(crop);
    centre.set_horizontal_flip(0);
    options.views = {centre};
  }
  auto loader = data::Loader::Create(dataset, options);
  if (!loader.ok()) return loader.status();
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> features, labels;
  for (int64_t i = 0; i < (*loader)->steps_per_epoch(); ++i) {
    const absl::StatusOr<data::Batch> batch = (*loader)->Next();
    if (!batch.ok()) return batch.status();
    const at::Tensor images = batch->views[0].to(device);  // [B, C, S, S]
    features.push_back(feature(images).to(at::kCPU, at::kFloat));
    labels.push_back(batch->labels);
  }
  return LabelledFeatures{at::cat(features), at::cat(labels)};
}

}  // namespace

absl::StatusOr<LabelledFeatures> ExtractFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const FeatureOptions& options) {
  if (options.feature == EvalSpec::CLS && encoder.num_prefix_tokens() == 0) {
    return absl::InvalidArgumentError(
        "feature: CLS, but the encoder has no class_token; use MEAN");
  }
  const bool was_training = encoder.is_training();
  encoder.eval();
  auto features = ForEachBatch(
      dataset, encoder.spec().image_size(), options.batch_size, options.crop,
      options.device, [&](const at::Tensor& images) {
        const at::Tensor tokens =
            encoder
                .forward(data::Normalize(images, dataset->info().mean,
                                         dataset->info().std))
                .tokens;  // [B, 1 + N, D]
        return options.feature == EvalSpec::CLS
                   ? tokens.select(1, 0)  // [B, D]
                   : tokens.slice(1, encoder.num_prefix_tokens()).mean(1);
      });
  encoder.train(was_training);
  return features;
}

absl::StatusOr<LabelledFeatures> RawPixels(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size) {
  return ForEachBatch(dataset, image_size, /*batch_size=*/1000, /*crop=*/1,
                      at::kCPU, [](const at::Tensor& images) {
                        return images.flatten(1).to(at::kFloat) / 255.0;
                      });
}

}  // namespace caldera::eval
