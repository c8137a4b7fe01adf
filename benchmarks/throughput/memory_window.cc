#include "benchmarks/throughput/memory_window.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>

#include <algorithm>
#include <fstream>

#include "base/machine/process_memory.h"

namespace caldera::benchmarks {
namespace {

using base::ReadKilobytes;

c10::DeviceIndex IndexOf(const at::Device& device) {
  return device.has_index() ? device.index() : c10::DeviceIndex{0};
}

// Resets VmHWM to the present resident memory; returns false where the system
// refuses.
bool ResetResidentPeak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

// Returns the smallest resident memory at the beginning of any window so far.
std::optional<int64_t> LeastResident() {
  static std::optional<int64_t> least;
  const auto now = ReadKilobytes("/proc/self/status", "VmRSS:");
  if (now.has_value()) least = std::min(*now, least.value_or(*now));
  return least;
}

std::optional<int64_t> LargerOf(const std::optional<int64_t>& a,
                                const std::optional<int64_t>& b) {
  return !a.has_value() ? b : !b.has_value() ? a : std::max(*a, *b);
}

}  // namespace

MemoryPeak Larger(const MemoryPeak& a, const MemoryPeak& b) {
  return {LargerOf(a.allocated, b.allocated), LargerOf(a.reserved, b.reserved),
          LargerOf(a.resident_growth, b.resident_growth)};
}

MemoryWindow::MemoryWindow(const at::Device& device) : device_(device) {
  if (device.is_cpu()) {
    malloc_trim(0);
    if (ResetResidentPeak()) {
      resident_before_ = LeastResident();
    }
    return;
  }
  at::globalContext().lazyInitDevice(device.type());
  c10::DeviceAllocator* allocator = at::getDeviceAllocator(device.type());
  allocator->emptyCache();
  allocator->resetPeakStats(IndexOf(device));
}

MemoryPeak MemoryWindow::Peak() const {
  MemoryPeak peak;
  if (device_.is_cpu()) {
    const auto most = ReadKilobytes("/proc/self/status", "VmHWM:");
    if (most.has_value() && resident_before_.has_value()) {
      peak.resident_growth = *most - *resident_before_;
    }
    return peak;
  }
  constexpr auto kAll =
      static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto stats =
      at::getDeviceAllocator(device_.type())->getDeviceStats(IndexOf(device_));
  peak.allocated = stats.allocated_bytes[kAll].peak;
  peak.reserved = stats.reserved_bytes[kAll].peak;
  return peak;
}

}  // namespace caldera::benchmarks
