// Moments of a device's work, and the times between them.
//
//   DeviceClock clock(device);
//   for (...) {
//     Step();
//     clock.Mark();
//   }
//   clock.Seconds();  // of each step but the first
//
// On a GPU a mark is an event in the order of the current stream: the host does
// not wait for it, only Seconds waits.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_DEVICE_CLOCK_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_DEVICE_CLOCK_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <chrono>
#include <vector>

namespace caldera::benchmarks {

class DeviceClock {
 public:
  explicit DeviceClock(const at::Device& device) : device_(device) {}

  void Mark();

  // Between each mark and the next.
  std::vector<double> Seconds() const;

 private:
  at::Device device_;
  std::vector<std::chrono::steady_clock::time_point> times_;  // on a CPU
  std::vector<c10::Event> events_;                            // elsewhere
};

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_DEVICE_CLOCK_H_
