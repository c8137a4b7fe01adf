// Reads the memory that the program holds and has held, for progress and
// reports.
//
//   MemoryText(PeakMemory(device));  // "812 MB"
//   LiveMemory(device);              // the same after every step
#ifndef CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_
#define CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace caldera::ssl {

// Returns the peak in bytes since the program's start: of the process
// (resident) on a CPU, of the tensors (allocated) on a GPU. Does not wait for
// the device.
int64_t PeakMemory(const at::Device& device);

// Returns the bytes that are held now: by everything that was allocated in the
// process on a CPU, by the tensors on a GPU. Does not wait for the device.
int64_t LiveMemory(const at::Device& device);

// Returns "812 MB", "1.3 GB": decimal units.
std::string MemoryText(int64_t bytes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_
