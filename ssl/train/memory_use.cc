#include "ssl/train/memory_use.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <sys/resource.h>

#include "absl/strings/str_format.h"

namespace caldera::ssl {

int64_t PeakMemory(const at::Device& device) {
  if (!device.is_cpu()) {
    constexpr auto kAll =
        static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const c10::DeviceIndex index = device.has_index() ? device.index() : 0;
    return at::getDeviceAllocator(device.type())
        ->getDeviceStats(index)
        .allocated_bytes[kAll]
        .peak;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts in KiB
}

std::string MemoryText(int64_t bytes) {
  const auto megabytes = static_cast<double>(bytes) / 1e6;
  if (megabytes < 999.5) return absl::StrFormat("%.0f MB", megabytes);
  return absl::StrFormat("%.1f GB", megabytes / 1e3);
}

}  // namespace caldera::ssl
