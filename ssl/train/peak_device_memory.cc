#include "ssl/train/peak_device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace caldera::ssl {

int64_t PeakDeviceBytes(const at::Device& device) {
  if (device.is_cpu()) return 0;
  const auto all =
      static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return c10::getDeviceAllocator(device.type())
      ->getDeviceStats(device.has_index() ? device.index() : 0)
      .allocated_bytes[all]
      .peak;
}

}  // namespace caldera::ssl
