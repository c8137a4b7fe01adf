#include "benchmarks/throughput/device_clock.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace caldera::benchmarks {

void DeviceClock::Mark() {
  if (device_.is_cpu()) {
    times_.push_back(std::chrono::steady_clock::now());
    return;
  }
  // PyTorch's default flag makes events without a time.
  c10::Event event(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
  event.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  events_.push_back(std::move(event));
}

std::vector<double> DeviceClock::Seconds() const {
  std::vector<double> seconds;
  for (size_t i = 1; i < times_.size(); ++i) {
    seconds.push_back(
        std::chrono::duration<double>(times_[i] - times_[i - 1]).count());
  }
  if (!events_.empty()) events_.back().synchronize();
  for (size_t i = 1; i < events_.size(); ++i) {
    seconds.push_back(1e-3 * events_[i - 1].elapsedTime(events_[i]));
  }
  return seconds;
}

}  // namespace caldera::benchmarks
