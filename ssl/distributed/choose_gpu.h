// Chooses the GPU of a process among those that it sees.
//
//   ASSIGN_OR_RETURN(const int64_t index,
//                    ChooseGpu(job, /*visible=*/8, ProcessEnvironment()));
//
// Most launchers let each process of a machine see all GPUs, of which it takes
// the one of its local rank. Slurm may show each task only its own
// (--gpus-per-task, --gpu-bind), and scripts do so by CUDA_VISIBLE_DEVICES.
#ifndef CALDERA_SSL_DISTRIBUTED_CHOOSE_GPU_H_
#define CALDERA_SSL_DISTRIBUTED_CHOOSE_GPU_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "ssl/distributed/environment.h"
#include "ssl/distributed/job_environment.h"

namespace caldera::ssl {

// Returns an index in [0, visible). Returns InvalidArgument if this machine has
// more processes than GPUs: NCCL wants one for each.
absl::StatusOr<int64_t> ChooseGpu(const JobEnvironment& job, int64_t visible,
                                  const Environment& variables);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_CHOOSE_GPU_H_
