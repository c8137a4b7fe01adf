#include "data/loader/batch_maker.h"

#include <ATen/Context.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/program/exception_status.h"
#include "base/random_stream.h"
#include "base/status.h"
#include "data/augment/augment.h"
#include "data/loader/sampler.h"

namespace caldera::data {
namespace {

// After so many bad images in a row, the set is bad and not an image.
constexpr int kReplacements = 100;

Fill FillFor(const DatasetInfo& info) {
  const bool known = !info.mean.empty() && info.mean.size() <= 3;
  return known ? FillOf(info.mean) : Fill{128, 128, 128};
}

Rectangle Union(const Rectangle& a, const Rectangle& b) {
  const int64_t top = std::min(a.top, b.top), left = std::min(a.left, b.left);
  return {top, left, std::max(a.top + a.height, b.top + b.height) - top,
          std::max(a.left + a.width, b.left + b.width) - left};
}

// Keeps the first `rows` rows.
void Shorten(int64_t rows, Batch& batch) {
  for (at::Tensor& view : batch.views) view = view.narrow(0, 0, rows);
  for (auto& plans : batch.plans) plans.resize(rows);
  batch.labels = batch.labels.narrow(0, 0, rows);
  batch.index = batch.index.narrow(0, 0, rows);
}

}  // namespace

BatchMaker::BatchMaker(std::shared_ptr<const Dataset> dataset,
                       LoaderOptions options)
    : dataset_(std::move(dataset)),
      options_(std::move(options)),
      views_(options_.views.begin(), options_.views.end()),
      target_{options_.image_size, FillFor(dataset_->info())},
      epoch_size_(dataset_->size() / options_.repeats * options_.repeats),
      steps_per_epoch_(options_.drop_last
                           ? epoch_size_ / options_.batch_size
                           : (epoch_size_ - 1) / options_.batch_size + 1),
      bad_images_(options_.bad_images != nullptr
                      ? options_.bad_images
                      : std::make_shared<BadImages>()) {}

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

std::vector<AugmentPlan> BatchMaker::DrawPlans(const Sample& sample,
                                               int64_t height,
                                               int64_t width) const {
  std::vector<AugmentPlan> plans;
  const size_t count = std::max<size_t>(1, options_.views.size());
  for (size_t v = 0; v < count; ++v) {
    if (options_.views.empty()) {
      plans.push_back(FitPlan(height, width, options_.image_size));
    } else {
      base::RandomStream stream = AugmentStream(options_.seed, sample.epoch,
                                                sample.index, v, sample.repeat);
      const AugmentSpec& spec = views_[v].spec;
      const Rectangle from = spec.has_inside_view()
                                 ? plans[spec.inside_view()].crop
                                 : Rectangle{0, 0, height, width};
      plans.push_back(DrawAugmentPlanInside(views_[v], from, target_, stream));
    }
  }
  return plans;
}

absl::Status BatchMaker::WriteViews(ImageSource& source, const Sample& sample,
                                    int64_t b, Batch& batch) {
  std::vector<AugmentPlan> plans =
      DrawPlans(sample, source.height(), source.width());
  // The region that the views need together is decoded once.
  Rectangle needed = plans[0].crop;
  for (const AugmentPlan& plan : plans) needed = Union(needed, plan.crop);
  ASSIGN_OR_RETURN(const at::Tensor region, source.Region(needed));
  for (size_t v = 0; v < plans.size(); ++v) {
    const Rectangle& crop = plans[v].crop;
    const bool whole =
        crop.height == needed.height && crop.width == needed.width;
    ApplyAugmentPlanTo(
        plans[v],
        whole ? region
              : region.narrow(1, crop.top - needed.top, crop.height)
                    .narrow(2, crop.left - needed.left, crop.width),
        batch.views[v].select(0, b));  // [C, S, S]
    batch.plans[v][b] = std::move(plans[v]);
  }
  return absl::OkStatus();
}

absl::Status BatchMaker::WriteSample(const Sample& sample, int64_t b,
                                     Batch& batch) {
  const auto named = [&](absl::StatusCode code, absl::string_view message) {
    return absl::Status(
        code,
        absl::StrCat(dataset_->info().name, ", image ",
                     dataset_->OriginalIndex(sample.index), ": ", message));
  };
  if (options_.plans_only) {
    const DatasetInfo& info = dataset_->info();
    std::vector<AugmentPlan> plans = DrawPlans(sample, info.height, info.width);
    for (size_t v = 0; v < plans.size(); ++v) {
      batch.plans[v][b] = std::move(plans[v]);
    }
    batch.index.mutable_data_ptr<int64_t>()[b] = sample.index;
    batch.labels.mutable_data_ptr<int64_t>()[b] = dataset_->Label(sample.index);
    return absl::OkStatus();
  }
  const auto source = dataset_->Open(sample.index);
  if (!source.ok()) {
    return named(source.status().code(), source.status().message());
  }
  const int64_t channels = dataset_->info().channels;
  if ((*source)->channels() != channels || (*source)->height() < 1 ||
      (*source)->width() < 1) {
    return named(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("has shape [", (*source)->channels(), ", ",
                     (*source)->height(), ", ", (*source)->width(),
                     "], expected [", channels, ", H, W]; convert it"));
  }
  const absl::Status status = WriteViews(**source, sample, b, batch);
  if (!status.ok()) return named(status.code(), status.message());
  batch.index.mutable_data_ptr<int64_t>()[b] = sample.index;
  batch.labels.mutable_data_ptr<int64_t>()[b] = dataset_->Label(sample.index);
  return absl::OkStatus();
}

absl::Status BatchMaker::WriteSampleOrOther(const Sample& sample, int64_t b,
                                            Batch& batch) {
  absl::Status status = WriteSample(sample, b, batch);
  if (status.ok() || options_.on_bad_image == LoaderSpec::FAIL) return status;
  // A machine without memory says nothing about the image.
  if (absl::IsResourceExhausted(status)) return status;
  const auto note = [&](int64_t index, absl::string_view fate) {
    bad_images_->Add(dataset_->OriginalIndex(index), status, fate);
  };
  if (options_.leave_out) {
    note(sample.index, "it is left out");
    return status;
  }
  constexpr char kFate[] = "another image takes its place";
  note(sample.index, kFate);
  // The replacement depends on the sample alone, as everything else does.
  base::RandomStream stream(options_.seed, "replacement", sample.epoch,
                            sample.index);
  Sample other = sample;
  for (int attempt = 0; attempt < kReplacements; ++attempt) {
    other.index = stream.UniformInt(dataset_->size());
    status = WriteSample(other, b, batch);
    if (status.ok()) return status;
    note(other.index, kFate);
  }
  return absl::Status(
      status.code(),
      absl::StrCat(status.message(), "; nor could ", kReplacements,
                   " others be read in its place: check the data set"));
}

std::vector<int64_t> BatchMaker::Positions(int64_t step) const {
  std::vector<int64_t> positions;
  for (int64_t k = 0; k < options_.microbatches; ++k) {
    const RankRows rows =
        RankRowsOf(step * options_.microbatches + k,
                   options_.batch_size / options_.microbatches, epoch_size_,
                   options_.rank, options_.world_size);
    for (int64_t p = rows.begin; p < rows.end; ++p) positions.push_back(p);
  }
  return positions;
}

absl::StatusOr<Batch> BatchMaker::MakeOrThrow(
    int64_t epoch, int64_t step, const std::function<bool()>& cancelled) {
  const std::vector<int64_t> positions = Positions(step);
  const auto count = static_cast<int64_t>(positions.size());
  const auto views =
      static_cast<int64_t>(std::max<size_t>(1, options_.views.size()));
  const Order order = options_.shuffle ? OrderOf(epoch) : nullptr;
  const int64_t size = options_.image_size;

  const auto empty = [&](at::IntArrayRef sizes, at::ScalarType type) {
    const bool pin = options_.pin_memory && at::globalContext().hasCUDA();
    return at::empty(sizes, at::TensorOptions(type).pinned_memory(pin));
  };
  Batch batch;
  batch.epoch = epoch;
  batch.step = step;
  batch.labels = empty({count}, at::kLong);
  batch.index = empty({count}, at::kLong);
  batch.plans.assign(views, std::vector<AugmentPlan>(count));
  for (int64_t v = 0; v < views && !options_.plans_only; ++v) {
    batch.views.push_back(
        empty({count, dataset_->info().channels, size, size}, at::kByte));
  }
  // Bytes have no gradient. Views of a tensor cost half without autograd's
  // part, and they are most of the cost of a small image.
  const at::AutoDispatchBelowADInplaceOrView no_autograd;
  const bool leaves_out =
      options_.on_bad_image == LoaderSpec::SKIP && options_.leave_out;
  int64_t b = 0;  // rows that are written
  for (const int64_t position : positions) {
    if (cancelled()) return absl::CancelledError("the loader moved on");
    const int64_t image = position / options_.repeats;
    const Sample sample{epoch, order ? (*order)[image] : image,
                        position % options_.repeats};
    const absl::Status status = WriteSampleOrOther(sample, b, batch);
    if (status.ok()) {
      ++b;
    } else if (!leaves_out || absl::IsResourceExhausted(status)) {
      return status;
    }
  }
  if (b < count) Shorten(b, batch);
  return batch;
}

absl::StatusOr<Batch> BatchMaker::Make(int64_t epoch, int64_t step,
                                       const std::function<bool()>& cancelled) {
  try {
    return MakeOrThrow(epoch, step, cancelled);
  } catch (const std::exception& e) {
    // An exception that leaves a worker's thread would end the process.
    const absl::Status status = base::ExceptionStatus(e);
    return absl::Status(status.code(),
                        absl::StrCat(dataset_->info().name, ", epoch ", epoch,
                                     ", step ", step, ": ", status.message()));
  }
}

}  // namespace caldera::data
