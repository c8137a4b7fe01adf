// Each process of a job its part of the machine that they share.
//
//   absl::StatusOr<at::Device> device = base::SetUpCompute();
//   *device = ShareMachine(*job, *device);
#ifndef CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
#define CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_

#include <ATen/core/Tensor.h>

#include "ssl/distributed/job_environment.h"

namespace caldera::ssl {

// On GPUs the one of its local rank, which becomes the current device; on a CPU
// `device` itself, and its share of the threads unless OMP_NUM_THREADS says how
// many. For a process alone nothing changes.
at::Device ShareMachine(const JobEnvironment& job, at::Device device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
