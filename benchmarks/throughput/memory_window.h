// The most memory that was in use at once since some moment.
//
//   MemoryWindow window(device);  // gives unused memory back first
//   Work();
//   window.Peak();
//
// On a GPU these are the numbers of LibTorch's allocator. On a CPU it is how
// much the process's resident memory grew, libraries' buffers included, since
// the window of this process that began with least: what an earlier window left
// behind and a thread's heap does not give back counts for the later ones too,
// which use it again.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace caldera::benchmarks {

// Bytes; none where the device has no such number, or the system does not tell.
struct MemoryPeak {
  std::optional<int64_t> allocated, reserved;  // on a GPU
  std::optional<int64_t> resident_growth;      // on a CPU
};

// The larger of both, number by number.
MemoryPeak Larger(const MemoryPeak& a, const MemoryPeak& b);

class MemoryWindow {
 public:
  explicit MemoryWindow(const at::Device& device);

  // Since construction.
  MemoryPeak Peak() const;

 private:
  at::Device device_;
  std::optional<int64_t> resident_before_;
};

// Bytes that this process can still take: what the machine has left, or a
// control group's limit where that is less. None where the system does not
// tell.
std::optional<int64_t> FreeHostMemory();

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEMORY_WINDOW_H_
