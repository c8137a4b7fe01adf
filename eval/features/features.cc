#include "eval/features/features.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/augment/normalize.h"
#include "data/data.pb.h"
#include "data/loader/loader.h"
#include "eval/features/frozen_encoder.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {
namespace {

// No result depends on the images that become raw pixels at a time: 1000, or
// fewer large ones.
constexpr int64_t kPixelsAtATime = 1 << 22;

int64_t PixelBatch(int64_t width) {
  return std::clamp<int64_t>(kPixelsAtATime / width, 1, 1000);
}

// Maps uint8 [B, C, S, S] on the device to one tensor for each feature.
using MakeFeatures =
    std::function<std::vector<at::Tensor>(const at::Tensor& images)>;

// Runs `features` over the complete data set.
absl::Status ForEachBatch(const std::shared_ptr<const data::Dataset>& dataset,
                          int64_t image_size, const ExtractOptions& extract,
                          const MakeFeatures& features,
                          const ConsumeFeatures& consume) {
  data::LoaderOptions options;
  options.batch_size = extract.batch_size;
  options.image_size = image_size;
  options.workers = extract.workers;
  options.seed = extract.seed;
  if (extract.augment.has_value()) options.views = {*extract.augment};
  if (extract.bad_images != nullptr) {
    options.on_bad_image = data::LoaderSpec::SKIP;
    options.leave_out = true;
    options.bad_images = extract.bad_images;
  }
  ASSIGN_OR_RETURN(auto loader, data::Loader::Create(dataset, options));
  const at::NoGradGuard no_grad;
  for (int64_t i = 0; i < loader->steps_per_epoch(); ++i) {
    ASSIGN_OR_RETURN(const data::Batch batch, loader->Next());
    if (batch.index.size(0) == 0) continue;
    RETURN_IF_ERROR(
        consume(features(batch.views[0].to(extract.device)), batch.labels));
  }
  return absl::OkStatus();
}

MakeFeatures Encode(const vit::Encoder& encoder, const data::DatasetInfo& info,
                    const std::vector<Readout>& readouts) {
  return [&](const at::Tensor& images) {
    return ReadFeatures(encoder, data::Normalize(images, info.mean, info.std),
                        readouts);
  };
}

// Collects the rows of a data set, float32 on the CPU.
class Collected {
 public:
  explicit Collected(const data::Dataset& dataset)
      : name_(dataset.info().name),
        labels_(at::empty({dataset.size()}, at::kLong)) {}

  absl::Status Add(const std::vector<at::Tensor>& features,
                   const at::Tensor& labels) {
    const int64_t rows = labels.size(0);
    for (size_t f = 0; f < features.size(); ++f) {
      if (row_ == 0) {
        std::vector<int64_t> shape = features[f].sizes().vec();
        shape[0] = labels_.size(0);
        all_.push_back({at::empty(shape, at::kFloat), labels_});
      }
      all_[f].features.narrow(0, row_, rows).copy_(features[f]);
    }
    labels_.narrow(0, row_, rows).copy_(labels);
    row_ += rows;
    return absl::OkStatus();
  }

  // Returns what was added.
  absl::StatusOr<std::vector<LabelledFeatures>> Take() {
    const int64_t size = labels_.size(0);
    if (row_ == 0) {
      return absl::DataLossError(
          absl::StrCat(name_, ": none of the ", size, " images can be read"));
    }
    for (LabelledFeatures& some : all_) {
      if (row_ == size) break;  // nothing was left out
      some.features = some.features.narrow(0, 0, row_);
      some.labels = some.labels.narrow(0, 0, row_);
    }
    return std::move(all_);
  }

 private:
  std::string name_;
  at::Tensor labels_;
  std::vector<LabelledFeatures> all_;
  int64_t row_ = 0;
};

}  // namespace

absl::Status ForEachFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options,
    const ConsumeFeatures& consume) {
  const FrozenEncoder frozen(encoder);
  return ForEachBatch(dataset, encoder.spec().image_size(), options,
                      Encode(encoder, dataset->info(), readouts), consume);
}

absl::StatusOr<std::vector<LabelledFeatures>> ExtractReadouts(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options) {
  Collected collected(*dataset);
  RETURN_IF_ERROR(ForEachFeatures(
      encoder, dataset, readouts, options,
      [&](const std::vector<at::Tensor>& features, const at::Tensor& labels) {
        return collected.Add(features, labels);
      }));
  return collected.Take();
}

absl::StatusOr<LabelledFeatures> ExtractFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const FeatureOptions& options) {
  EvalSpec spec;
  spec.set_feature(options.feature);
  ASSIGN_OR_RETURN(const auto readouts, ReadoutsOf(spec, encoder.spec()));
  ExtractOptions extract;
  extract.batch_size = options.batch_size;
  extract.device = options.device;
  extract.bad_images = options.bad_images;
  if (options.crop < 1) {
    data::AugmentSpec centre;
    centre.mutable_center_crop()->set_share(options.crop);
    centre.set_horizontal_flip(0);
    extract.augment = centre;
  }
  ASSIGN_OR_RETURN(auto features,
                   ExtractReadouts(encoder, dataset, readouts, extract));
  return std::move(features[0]);
}

absl::StatusOr<LabelledFeatures> RawPixels(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size,
    const std::shared_ptr<data::BadImages>& bad_images) {
  ExtractOptions options;
  options.batch_size =
      PixelBatch(dataset->info().channels * image_size * image_size);
  options.bad_images = bad_images;
  Collected collected(*dataset);
  RETURN_IF_ERROR(ForEachBatch(
      dataset, image_size, options,
      [](const at::Tensor& images) {
        return std::vector<at::Tensor>{images.flatten(1).to(at::kFloat) /
                                       255.0};
      },
      [&](const std::vector<at::Tensor>& features, const at::Tensor& labels) {
        return collected.Add(features, labels);
      }));
  ASSIGN_OR_RETURN(auto pixels, collected.Take());
  return std::move(pixels[0]);
}

int64_t RawPixelsBytes(int64_t width) {
  // Bytes in the loader's queue and on their way; in float, and divided.
  const int64_t copies = data::LoaderOptions().prefetch + 2 + 2 * 4;
  return copies * PixelBatch(width) * width;
}

}  // namespace caldera::eval
