#include "ssl/train/monitor/memory_use.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <malloc.h>

#include "absl/strings/str_format.h"
#include "base/machine/process_memory.h"

namespace caldera::ssl {
namespace {

c10::CachingAllocator::Stat AllocatedBytes(const at::Device& device) {
  constexpr auto kAll =
      static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const c10::DeviceIndex index = device.has_index() ? device.index() : 0;
  return at::getDeviceAllocator(device.type())
      ->getDeviceStats(index)
      .allocated_bytes[kAll];
}

}  // namespace

int64_t PeakMemory(const at::Device& device) {
  if (!device.is_cpu()) return AllocatedBytes(device).peak;
  return base::ReadKilobytes("/proc/self/status", "VmHWM:").value_or(0);
}

int64_t LiveMemory(const at::Device& device) {
  if (!device.is_cpu()) return AllocatedBytes(device).current;
  const struct mallinfo2 info = mallinfo2();  // of all threads' arenas
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

std::string MemoryText(int64_t bytes) {
  const auto megabytes = static_cast<double>(bytes) / 1e6;
  if (megabytes < 999.5) return absl::StrFormat("%.0f MB", megabytes);
  return absl::StrFormat("%.1f GB", megabytes / 1e3);
}

}  // namespace caldera::ssl
