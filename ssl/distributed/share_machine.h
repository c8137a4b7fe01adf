// Gives each process of a job its share of the machine.
//
//   ASSIGN_OR_RETURN(at::Device device, base::SetUpCompute());
//   ASSIGN_OR_RETURN(device, ShareMachine(*job, device));
#ifndef CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
#define CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "ssl/distributed/job_environment.h"

namespace caldera::ssl {

// On GPUs, returns the GPU of this process (choose_gpu.h) and makes it the
// current device; on a CPU, returns `device` itself and sets the share of the
// threads unless OMP_NUM_THREADS says how many. Changes nothing for a single
// process. Returns InvalidArgument if there are more processes than GPUs.
absl::StatusOr<at::Device> ShareMachine(const JobEnvironment& job,
                                        at::Device device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_SHARE_MACHINE_H_
