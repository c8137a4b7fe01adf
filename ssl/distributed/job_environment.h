// Reads which process of how many this one is from the environment of its
// launcher.
//
//   absl::StatusOr<JobEnvironment> job = ReadJobEnvironment();
//   job->rank;  // 0 of 1 if nothing launched several
//
// The first of these launchers whose rank and size are both set counts, since
// one that was started inside another adds its variables to those of the
// other: RANK and WORLD_SIZE (torchrun, --processes); OMPI_COMM_WORLD_* (Open
// MPI); MV2_COMM_WORLD_* (MVAPICH2); PMI_* (MPICH, Intel MPI); JSM_NAMESPACE_*;
// FLUX_*; SLURM_* (srun, see slurm_step.h). A size of 1 is one process,
// whatever else is missing; a larger one without a rank is an error.
//
// Rank 0 is met at MASTER_ADDR and MASTER_PORT. Without the first, it is this
// machine, or the first host of Slurm's node list; without the second, a port
// that is derived from the number that the launcher gave the job.
#ifndef CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_
#define CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/environment.h"
#include "ssl/distributed/slurm_step.h"

namespace caldera::ssl {

// Set in processes that --processes=N has started: what the job is called.
inline constexpr char kStartedJobVariable[] = "CALDERA_JOB";

struct JobEnvironment {
  int64_t rank = 0;
  int64_t world_size = 1;
  int64_t local_rank = 0;  // among the processes of this machine: its GPU
  int64_t local_size = 1;  // number of processes on this machine, if known
  int64_t machines = 0;    // 0: not known
  std::string master_addr = "127.0.0.1";
  uint16_t master_port = 29500;
  // Where rank 0 may be too, if the port is another job's. Empty if somebody
  // has chosen the port.
  std::vector<uint16_t> spare_ports;

  std::string launcher;  // "torchrun: RANK, WORLD_SIZE"; "" if there is none
  // The launcher gives all processes of a machine the same variables but for
  // their numbers: each sees all GPUs.
  bool shares_variables = false;
  std::string id;  // the launcher's number of the job; "" if not known
  // Not empty if variables that speak of several processes do not count.
  std::string note;
  // Not empty if the others may never come (SlurmStep::doubt).
  std::string doubt;
};

// Returns InvalidArgument, which names the variable and its value, if one is
// not a number, is missing beside the others, or is out of range.
absl::StatusOr<JobEnvironment> ReadJobEnvironment();
absl::StatusOr<JobEnvironment> ReadJobEnvironment(const Environment& variables,
                                                  const CommandOf& command_of);

// Returns "4 processes on 2 machines (Slurm step 7.0: SLURM_PROCID, ...)".
std::string ProcessesText(const JobEnvironment& job);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_
