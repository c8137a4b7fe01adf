// Measures the largest memory in use at once since construction.
//
//   MemoryWindow window(device);  // returns unused memory to the system first
//   Work();
//   window.Peak();
//
// On a GPU these are the numbers of LibTorch's allocator. On a CPU it is the
// growth of the process's resident memory, including libraries' buffers, since
// the window of this process that began with the least: memory that an earlier
// window left in a thread's heap also counts for the later ones, which use it
// again.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace caldera::benchmarks {

// Numbers of bytes; none where the device has no such number, or the system
// does not report it.
struct MemoryPeak {
  std::optional<int64_t> allocated, reserved;  // on a GPU
  std::optional<int64_t> resident_growth;      // on a CPU
};

// Returns the larger of both, number by number.
MemoryPeak Larger(const MemoryPeak& a, const MemoryPeak& b);

class MemoryWindow {
 public:
  explicit MemoryWindow(const at::Device& device);

  // Returns the peak since construction.
  MemoryPeak Peak() const;

 private:
  at::Device device_;
  std::optional<int64_t> resident_before_;
};

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_
