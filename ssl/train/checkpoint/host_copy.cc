#include "ssl/train/checkpoint/host_copy.h"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>

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

// memcpy where it will do: ATen would start a team of threads in each thread
// that copies, and they would compete with the step's.
void Copy(const at::Tensor& from, const at::Tensor& to) {
  if (from.nbytes() == 0) return;
  if (from.is_cpu() && from.is_contiguous()) {
    std::memcpy(to.mutable_data_ptr(), from.const_data_ptr(), from.nbytes());
  } else {
    to.copy_(from, /*non_blocking=*/!from.is_cpu());
  }
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

}  // namespace caldera::ssl
