#include "ssl/distributed/share_machine.h"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstdlib>

#include "base/status.h"
#include "ssl/distributed/choose_gpu.h"
#include "ssl/distributed/environment.h"

namespace caldera::ssl {

absl::StatusOr<at::Device> ShareMachine(const JobEnvironment& job,
                                        at::Device device) {
  if (device.is_cuda()) {
    const c10::impl::VirtualGuardImpl gpus(device.type());
    ASSIGN_OR_RETURN(const int64_t index,
                     ChooseGpu(job, gpus.deviceCount(), ProcessEnvironment()));
    device.set_index(static_cast<c10::DeviceIndex>(index));
    gpus.setDevice(device);
  } else if (job.local_size > 1 && std::getenv("OMP_NUM_THREADS") == nullptr) {
    at::set_num_threads(std::max<int>(
        1, at::get_num_threads() / static_cast<int>(job.local_size)));
  }
  return device;
}

}  // namespace caldera::ssl
