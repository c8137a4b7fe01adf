// The memory that the program has and has had, for progress and reports.
//
//   MemoryText(PeakMemory(device));  // "812 MB"
//   LiveMemory(device);              // the same after every step
#ifndef CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_
#define CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace caldera::ssl {

// Bytes since the program's start: on a CPU of the process (resident), on a GPU
// of its tensors (allocated). Does not wait for the device.
int64_t PeakMemory(const at::Device& device);

// Bytes that are held now: on a CPU by everything that was allocated in the
// process, on a GPU by its tensors. Does not wait for the device.
int64_t LiveMemory(const at::Device& device);

// "812 MB", "1.3 GB": decimal units.
std::string MemoryText(int64_t bytes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_MEMORY_USE_H_
