// Marks moments in a device's work, and returns the times between them.
//
//   DeviceClock clock(device);
//   for (...) {
//     Step();
//     clock.Mark();
//   }
//   clock.Seconds();  // of each step except the first
//
// On a GPU a mark is an event in the current stream: only Seconds waits for the
// device, Mark does not.
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

  // Marks the end of the work that has been submitted so far.
  void Mark();

  // Returns the time between each mark and the next. Waits for the device.
  std::vector<double> Seconds() const;

 private:
  at::Device device_;
  std::vector<std::chrono::steady_clock::time_point> times_;  // on a CPU
  std::vector<c10::Event> events_;                            // elsewhere
};

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_DEVICE_CLOCK_H_
