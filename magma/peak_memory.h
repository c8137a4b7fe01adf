// Measures the largest tensor memory alive at once on the CPU, by LibTorch's
// own accounting.
//
//   PeakMemory peak;               // counts from here, on this thread
//   Work();
//   EXPECT_LT(peak.bytes(), 4 * buffer_bytes);
#ifndef CALDERA_MAGMA_PEAK_MEMORY_H_
#define CALDERA_MAGMA_PEAK_MEMORY_H_

#include <cstdint>
#include <memory>

namespace caldera::magma {

class PeakMemory {
 public:
  PeakMemory();
  ~PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;

  // Returns the largest sum of allocations minus frees since construction, in
  // bytes.
  int64_t bytes() const;

 private:
  class Recorder;
  std::shared_ptr<Recorder> recorder_;
};

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_PEAK_MEMORY_H_
