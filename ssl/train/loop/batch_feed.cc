#include "ssl/train/loop/batch_feed.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

#include "base/status.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {

absl::StatusOr<DeviceBatch> BatchFeed::Make() {
  ASSIGN_OR_RETURN(const data::Batch batch, loader_.Next());
  DeviceBatch on_device =
      options_.images.defined()
          ? CutOnDevice(batch, options_.info, options_.images,
                        options_.image_size)
          : ToDevice(batch, options_.info, options_.device);
  EraseViews(options_.views, options_.seed, batch, &on_device);
  for (at::Tensor& view : on_device.views) view = view.to(options_.dtype);
  return on_device;
}

void BatchFeed::Prefetch() {
  if (repeats_ < options_.repeat_first) return;
  if (options_.device.is_cpu() || ahead_.has_value()) return;
  const c10::impl::VirtualGuardImpl guard(options_.device.type());
  if (!stream_.has_value()) {
    stream_ = guard.getStreamFromGlobalPool(options_.device);
    ready_.emplace(options_.device.type());
  }
  const c10::StreamGuard on_stream(*stream_);
  ahead_ = Make();
  ready_->record(*stream_);
}

absl::StatusOr<DeviceBatch> BatchFeed::RepeatFirst() {
  if (!first_.has_value()) {
    ASSIGN_OR_RETURN(first_, Make());
  }
  const DeviceBatch batch = *first_;
  if (++repeats_ == options_.repeat_first) first_.reset();
  return batch;
}

absl::StatusOr<DeviceBatch> BatchFeed::Next() {
  if (repeats_ < options_.repeat_first) return RepeatFirst();
  if (!ahead_.has_value()) return Make();
  absl::StatusOr<DeviceBatch> ahead = *std::move(ahead_);
  ahead_.reset();
  ASSIGN_OR_RETURN(DeviceBatch batch, std::move(ahead));
  const c10::impl::VirtualGuardImpl guard(options_.device.type());
  const c10::Stream current = guard.getStream(options_.device);
  ready_->block(current);
  // The allocator reuses their memory only once this stream has read them.
  for (const at::Tensor& view : batch.views) view.record_stream(current);
  batch.labels.record_stream(current);
  return batch;
}

}  // namespace caldera::ssl
