#include "data/batch_maker.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "data/augment.h"
#include "data/random_stream.h"
#include "data/sampler.h"

namespace caldera::data {

BatchMaker::BatchMaker(std::shared_ptr<const Dataset> dataset,
                       LoaderOptions options)
    : dataset_(std::move(dataset)),
      options_(std::move(options)),
      steps_per_epoch_(options_.drop_last
                           ? dataset_->size() / options_.batch_size
                           : (dataset_->size() - 1) / options_.batch_size + 1) {
}

BatchMaker::Order BatchMaker::OrderOf(int64_t epoch) {
  // Held while shuffling: the other workers need the same order.
  std::lock_guard<std::mutex> lock(mutex_);
  Cached& cached = cache_[epoch % 2];
  if (cached.epoch != epoch) {
    const std::vector<int64_t> shards = dataset_->shards();
    cached.order = std::make_shared<const std::vector<int64_t>>(
        shards.empty() ? EpochOrder(dataset_->size(), options_.seed, epoch)
                       : ShardedEpochOrder(shards, options_.shuffle_buffer,
                                           options_.seed, epoch));
    cached.epoch = epoch;
  }
  return cached.order;
}

absl::Status BatchMaker::WriteImage(int64_t epoch, int64_t index,
                                    const at::Tensor& out) {
  const absl::StatusOr<at::Tensor> image = dataset_->Image(index);
  if (!image.ok()) {
    return absl::Status(image.status().code(),
                        absl::StrCat(dataset_->info().name, ", image ", index,
                                     ": ", image.status().message()));
  }
  if (image->dim() != 3 || image->scalar_type() != at::kByte ||
      image->size(0) != out.size(0) || image->numel() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(dataset_->info().name, ", image ", index, ": has shape [",
                     absl::StrJoin(image->sizes(), ", "), "] of ",
                     at::toString(image->scalar_type()), ", expected bytes [",
                     out.size(0), ", H, W]; convert it"));
  }
  AugmentPlan plan;
  auto interpolation = RandomResizedCropSpec::BICUBIC;
  if (options_.augment.has_value()) {
    RandomStream stream(options_.seed, "augment", epoch, index);
    plan = DrawAugmentPlan(*options_.augment, image->size(1), image->size(2),
                           stream);
    interpolation = options_.augment->random_resized_crop().interpolation();
  }
  ApplyAugmentPlanTo(plan, interpolation, *image, out);
  return absl::OkStatus();
}

absl::StatusOr<Batch> BatchMaker::MakeOrThrow(
    int64_t epoch, int64_t step, const std::function<bool()>& cancelled) {
  const int64_t begin = step * options_.batch_size;
  const int64_t count = std::min(options_.batch_size, dataset_->size() - begin);
  const Order order = options_.shuffle ? OrderOf(epoch) : nullptr;
  const int64_t size = options_.image_size;

  Batch batch;
  batch.epoch = epoch;
  batch.step = step;
  batch.labels = at::empty({count}, at::kLong);
  batch.index = at::empty({count}, at::kLong);
  at::Tensor view =
      at::empty({count, dataset_->info().channels, size, size}, at::kByte);
  int64_t* labels = batch.labels.mutable_data_ptr<int64_t>();
  int64_t* indices = batch.index.mutable_data_ptr<int64_t>();
  for (int64_t b = 0; b < count; ++b) {
    if (cancelled()) return absl::CancelledError("the loader moved on");
    const int64_t index = order ? (*order)[begin + b] : begin + b;
    indices[b] = index;
    labels[b] = dataset_->Label(index);
    absl::Status status = WriteImage(epoch, index, view.select(0, b));
    if (!status.ok()) return status;
  }
  batch.views.push_back(std::move(view));
  return batch;
}

absl::StatusOr<Batch> BatchMaker::Make(int64_t epoch, int64_t step,
                                       const std::function<bool()>& cancelled) {
  try {
    return MakeOrThrow(epoch, step, cancelled);
  } catch (const std::exception& e) {
    // Out of a worker's thread an exception would end the process.
    return absl::InternalError(absl::StrCat(dataset_->info().name, ", epoch ",
                                            epoch, ", step ", step, ": ",
                                            e.what()));
  }
}

}  // namespace caldera::data
