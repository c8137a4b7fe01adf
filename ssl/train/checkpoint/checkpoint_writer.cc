#include "ssl/train/checkpoint/checkpoint_writer.h"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <glog/logging.h>

#include <cstring>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/train/checkpoint/save_checkpoint.h"

namespace caldera::ssl {
namespace {

at::Tensor BufferFor(const at::Tensor& from, const at::Tensor& old) {
  if (old.defined() && old.sizes() == from.sizes() &&
      old.scalar_type() == from.scalar_type()) {
    return old;
  }
  return at::empty(
      from.sizes(),
      at::TensorOptions(from.scalar_type()).pinned_memory(!from.is_cpu()));
}

// Copies with memcpy where possible: ATen would start a team of threads in each
// copying thread, and they would compete with those of the step.
void Copy(const at::Tensor& from, const at::Tensor& to) {
  if (from.nbytes() == 0) return;
  if (from.is_cpu() && from.is_contiguous()) {
    std::memcpy(to.mutable_data_ptr(), from.const_data_ptr(), from.nbytes());
  } else {
    to.copy_(from, /*non_blocking=*/!from.is_cpu());
  }
}

uint64_t Bytes(const Checkpoint& checkpoint) {
  uint64_t bytes = 0;
  for (const vit::StateDict* state :
       {&checkpoint.model, &checkpoint.optimizer}) {
    for (const auto& [name, tensor] : *state) bytes += tensor.nbytes();
  }
  return bytes;
}

}  // namespace

void HostCopy::Begin(const vit::StateDict& state,
                     const std::function<bool(const at::Tensor&)>& waits) {
  vit::StateDict old = std::move(tensors_);
  tensors_.clear();
  std::optional<c10::Device> device;
  for (const auto& [name, tensor] : state) {
    at::Tensor from = tensor.detach();
    const at::Tensor to = BufferFor(from, old[name]);
    tensors_[name] = to;
    if (from.is_cpu() && !waits(tensor)) {
      Copy(from, to);
      continue;
    }
    if (!from.is_cpu()) {
      device = from.device();
      from = from.clone(at::MemoryFormat::Contiguous);
    }
    pending_.emplace_back(from, to);
  }
  if (device.has_value()) {
    const c10::impl::VirtualGuardImpl guard(device->type());
    cloned_.emplace(device->type());
    cloned_->record(guard.getStream(*device));
  }
}

void HostCopy::Complete() {
  std::optional<c10::StreamGuard> on_stream;
  if (cloned_.has_value()) {
    const c10::impl::VirtualGuardImpl guard(cloned_->device_type());
    on_stream.emplace(guard.getStreamFromGlobalPool(cloned_->device()));
    cloned_->block(on_stream->current_stream());
  }
  for (const auto& [from, to] : pending_) Copy(from, to);
  if (on_stream.has_value()) on_stream->current_stream().synchronize();
  pending_.clear();
  cloned_.reset();
}

absl::StatusOr<std::unique_ptr<CheckpointWriter>> CheckpointWriter::Create(
    const CheckpointWriterOptions& options, const Checkpoint& like) {
  RETURN_IF_ERROR(PrepareCheckpoints(*options.files, options.folder,
                                     Bytes(like), options.plan));
  return std::unique_ptr<CheckpointWriter>(new CheckpointWriter(options));
}

absl::Status CheckpointWriter::Write(
    const Checkpoint& checkpoint, const std::vector<at::Tensor>& parameters) {
  const absl::Status before = Finish();
  std::unordered_set<const void*> stable;
  for (const at::Tensor& parameter : parameters) {
    stable.insert(parameter.unsafeGetTensorImpl());
  }
  step_ = checkpoint.step;
  model_.Begin(checkpoint.model, [&](const at::Tensor& tensor) {
    return stable.count(tensor.unsafeGetTensorImpl()) > 0;
  });
  optimizer_.Begin(checkpoint.optimizer,
                   [](const at::Tensor&) { return true; });
  std::promise<void> copied;
  copied_ = copied.get_future();
  written_ =
      std::async(std::launch::async, [this, step = checkpoint.step,
                                      metadata = checkpoint.metadata,
                                      copied = std::move(copied)]() mutable {
        model_.Complete();
        optimizer_.Complete();
        copied.set_value();
        absl::Status status = CheckFinite(model_.tensors());
        if (status.ok()) status = CheckFinite(optimizer_.tensors());
        if (status.ok()) {
          status = SaveCheckpoint(*options_.files, options_.folder,
                                  {step, model_.tensors(), optimizer_.tensors(),
                                   std::move(metadata)},
                                  options_.plan, options_.before_commit);
        }
        if (!status.ok()) {
          LOG(WARNING) << "no checkpoint of step " << step << ": "
                       << status.message();
        }
        return status;
      });
  return before.ok() ? before : Finish();
}

void CheckpointWriter::WaitUntilCopied() {
  if (copied_.valid()) copied_.get();
}

absl::Status CheckpointWriter::Finish() {
  if (!written_.valid()) return absl::OkStatus();
  WaitUntilCopied();
  absl::Status status = written_.get();
  if (status.ok()) options_.last_good = step_;
  return status;
}

std::string CheckpointWriter::LastGood() const {
  return options_.last_good > 0
             ? CheckpointPath(options_.folder, options_.last_good)
             : "none";
}

}  // namespace caldera::ssl
