// Gives each process of a job its share of the machine.
//
//   absl::StatusOr<at::Device> device = base::SetUpCompute();
//   *device = ShareMachine(*job, *device);
#ifndef CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
#define CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_

#include <ATen/core/Tensor.h>

#include "ssl/distributed/job_environment.h"

namespace caldera::ssl {

// On GPUs, returns the GPU of the local rank and makes it the current device;
// on a CPU, returns `device` itself and sets the share of the threads unless
// OMP_NUM_THREADS says how many. Changes nothing for a single process.
at::Device ShareMachine(const JobEnvironment& job, at::Device device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
