// Reads which process of how many this one is from the environment of its
// launcher.
//
//   absl::StatusOr<JobEnvironment> job = ReadJobEnvironment();
//   job->rank;  // 0 of 1 if nothing launched several
//
// The first of these launchers that is found counts: RANK, WORLD_SIZE,
// LOCAL_RANK and LOCAL_WORLD_SIZE (torchrun); OMPI_COMM_WORLD_* or PMI_*
// (mpirun); SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID (srun). The address of
// rank 0 is MASTER_ADDR and MASTER_PORT everywhere; Slurm jobs of several nodes
// may leave it to the first name of the node list, and jobs on one machine to
// the default.
#ifndef CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_
#define CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::ssl {

struct JobEnvironment {
  int64_t rank = 0;
  int64_t world_size = 1;
  int64_t local_rank = 0;  // among the processes of this machine: its GPU
  int64_t local_size = 1;  // number of processes on this machine, if known
  std::string master_addr = "127.0.0.1";
  uint16_t master_port = 29500;
};

// Returns the value of a variable, nullopt if it is not set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// Returns InvalidArgument, which names the variable and its value, if one is
// not a number, is missing beside the others, or is out of range.
absl::StatusOr<JobEnvironment> ReadJobEnvironment();
absl::StatusOr<JobEnvironment> ReadJobEnvironment(const Environment& variables);

// Returns the first host of a Slurm node list: "gpu07" for
// "gpu[07-09,12],login".
std::string FirstHost(absl::string_view node_list);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_JOB_ENVIRONMENT_H_
