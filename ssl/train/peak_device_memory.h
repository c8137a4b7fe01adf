#ifndef CALDERA_SSL_TRAIN_PEAK_DEVICE_MEMORY_H_
#define CALDERA_SSL_TRAIN_PEAK_DEVICE_MEMORY_H_

// How much of a GPU's memory a run has needed.
//
//   const int64_t bytes = PeakDeviceBytes(device);  // 0 on a CPU

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// The most bytes of tensors alive at once on `device` since the program began,
// from LibTorch's own accounting: what other programs and the CUDA context hold
// is not in it. 0 for a CPU. Does not wait for the device.
int64_t PeakDeviceBytes(const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_PEAK_DEVICE_MEMORY_H_
