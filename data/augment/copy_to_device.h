// Copies a tensor to a device without making the host wait.
//
//   at::Tensor index = CopyToDevice(batch.index, device);
//
// Tensor::to waits: from pageable memory the driver may not return before it
// has read everything, and by default LibTorch then waits for the stream.
#ifndef CALDERA_DATA_AUGMENT_COPY_TO_DEVICE_H_
#define CALDERA_DATA_AUGMENT_COPY_TO_DEVICE_H_

#include <ATen/core/Tensor.h>

namespace caldera::data {

// Returns `host` on `device`; a copy to a GPU starts from page-locked memory
// and follows the order of the device's current stream. Returns `host` itself
// if it is already on `device`.
inline at::Tensor CopyToDevice(const at::Tensor& host,
                               const at::Device& device) {
  if (device.is_cpu() || !host.is_cpu()) return host.to(device);
  const at::Tensor pinned = host.is_pinned() ? host : host.pin_memory();
  return pinned.to(device, host.scalar_type(), /*non_blocking=*/true);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_COPY_TO_DEVICE_H_
