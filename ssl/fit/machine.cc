#include "ssl/fit/machine.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>
#include <sched.h>

#include <algorithm>

#include "base/machine/process_memory.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kGigabyte = 1'000'000'000;

int64_t Cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

int64_t GpuMemory(const at::Device& device) {
  try {
    at::globalContext().lazyInitDevice(device.type());
    const c10::DeviceIndex index = device.has_index() ? device.index() : 0;
    return static_cast<int64_t>(
        at::getDeviceAllocator(device.type())->getMemoryInfo(index).second);
  } catch (const c10::Error&) {
    return 16 * kGigabyte;
  }
}

}  // namespace

Machine MachineOf(const at::Device& device) {
  Machine machine;
  machine.cuda = device.is_cuda();
  machine.cores = Cores();
  machine.memory =
      device.is_cuda()
          ? GpuMemory(device)
          : base::ReadKilobytes("/proc/meminfo", "MemTotal:").value_or(0);
  return machine;
}

}  // namespace caldera::ssl
