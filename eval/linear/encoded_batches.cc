#include "eval/linear/encoded_batches.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "data/augment/normalize.h"
#include "data/data.pb.h"
#include "data/loader/loader.h"
#include "eval/features/frozen_encoder.h"
#include "eval/features/labelled_features.h"

namespace caldera::eval {
namespace {

// Returns the largest part that divides a batch and goes through the encoder at
// once: the photos of a batch of 16,384 are never in memory together.
int64_t PartOf(const ExtractOptions& options) {
  int64_t part = std::min(options.batch_size, options.at_once);
  while (options.batch_size % part != 0) --part;
  return part;
}

class Encoded {
 public:
  Encoded(vit::Encoder& encoder,
          const std::shared_ptr<const data::Dataset>& dataset,
          std::vector<Readout> readouts, const ExtractOptions& options,
          std::unique_ptr<data::Loader> loader)
      : encoder_(encoder),
        dataset_(dataset),
        readouts_(std::move(readouts)),
        options_(options),
        loader_(std::move(loader)) {}

  int64_t steps_per_epoch() const {
    return dataset_->size() / options_.batch_size;
  }

  absl::StatusOr<FeatureBatch> Next() {
    const at::NoGradGuard no_grad;
    const FrozenEncoder frozen(encoder_);
    // Parts beyond the epoch's last full batch are left out.
    if (step_ == 0) loader_->Seek(epoch_, 0);
    std::vector<std::vector<at::Tensor>> parts(readouts_.size());
    std::vector<at::Tensor> labels;
    const int64_t count = options_.batch_size / PartOf(options_);
    for (int64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const data::Batch part, loader_->Next());
      const data::DatasetInfo& info = dataset_->info();
      const std::vector<at::Tensor> features =
          ReadFeatures(encoder_,
                       data::Normalize(part.views[0].to(options_.device),
                                       info.mean, info.std),
                       readouts_);
      for (size_t r = 0; r < readouts_.size(); ++r) {
        parts[r].push_back(features[r].to(at::kFloat));  // [part, D]
      }
      labels.push_back(part.labels);
    }
    if (++step_ == steps_per_epoch()) {
      step_ = 0;
      ++epoch_;
    }
    FeatureBatch batch;
    for (const auto& some : parts) batch.features.push_back(at::cat(some));
    batch.labels = at::cat(labels).to(options_.device);
    return batch;
  }

 private:
  vit::Encoder& encoder_;
  std::shared_ptr<const data::Dataset> dataset_;
  std::vector<Readout> readouts_;
  ExtractOptions options_;
  std::unique_ptr<data::Loader> loader_;
  int64_t epoch_ = 0, step_ = 0;
};

}  // namespace

absl::StatusOr<FeatureBatches> EncodedBatches(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options) {
  data::LoaderOptions loading;
  loading.batch_size = PartOf(options);
  loading.image_size = encoder.spec().image_size();
  loading.workers = options.workers;
  loading.seed = options.seed;
  loading.shuffle = loading.drop_last = true;
  if (options.augment.has_value()) loading.views = {*options.augment};
  if (options.bad_images != nullptr) {
    loading.on_bad_image = data::LoaderSpec::SKIP;
    loading.bad_images = options.bad_images;
  }
  ASSIGN_OR_RETURN(auto loader, data::Loader::Create(dataset, loading));
  CHECK_LE(options.batch_size, dataset->size());
  const auto encoded = std::make_shared<Encoded>(encoder, dataset, readouts,
                                                 options, std::move(loader));
  return FeatureBatches{encoded->steps_per_epoch(),
                        [encoded] { return encoded->Next(); }};
}

FeatureBlocks EncodedBlocks(vit::Encoder& encoder,
                            const std::shared_ptr<const data::Dataset>& dataset,
                            const std::vector<Readout>& readouts,
                            const ExtractOptions& options,
                            const std::string& name) {
  return {[&encoder, dataset, readouts, options, name](const auto& consume) {
    return ForEachFeatures(
        encoder, dataset, readouts, options,
        [&](const std::vector<at::Tensor>& features, const at::Tensor& labels) {
          FeatureBatch block;
          for (const at::Tensor& some : features) {
            RETURN_IF_ERROR(CheckFeatures(some.flatten(1), name));
            block.features.push_back(some.to(at::kFloat));
          }
          block.labels = labels;
          return consume(block);
        });
  }};
}

}  // namespace caldera::eval
