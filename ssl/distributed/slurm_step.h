// Reads from Slurm's variables whether srun started this process as one of
// several.
//
//   ASSIGN_OR_RETURN(const SlurmStep step,
//                    ReadSlurmStep(variables, CommandOfAncestor));
//   if (step.kind == SlurmStep::kStep) return step.rank;
//
// Slurm sets SLURM_NTASKS in every process of a job, also where nobody starts
// that many: in the shells of salloc and `srun --pty`, and in the script of
// sbatch. Who waited there for the others would wait forever.
#ifndef CALDERA_SSL_DISTRIBUTED_SLURM_STEP_H_
#define CALDERA_SSL_DISTRIBUTED_SLURM_STEP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/environment.h"

namespace caldera::ssl {

struct SlurmStep {
  enum Kind {
    kNone,   // Slurm's variables name no tasks
    kAlone,  // in a job of Slurm, but srun did not start this process
    kStep    // one of the tasks of a step
  };
  Kind kind = kNone;
  int64_t tasks = 1;        // of the step; for kAlone, of the job
  std::string tasks_from;   // the variable that says so
  std::string alone_since;  // for kAlone: what shows it
  // Of a step:
  int64_t rank = 0;
  int64_t local_rank = 0;
  int64_t local_size = 1;
  // Not empty if the step may be an interactive shell, of which the other tasks
  // train nothing: what shows it.
  std::string doubt;
  // Of any job:
  std::vector<std::string> hosts;  // empty if not known
  std::string id;                  // "1234.0", or "1234" outside a step
};

// Returns the arguments of the process of that number, if this process is it or
// descends from it; empty if it is another, or unknown (in a container).
using CommandOf = std::function<std::vector<std::string>(int64_t process)>;
std::vector<std::string> CommandOfAncestor(int64_t process);

// Returns InvalidArgument, which names the variable and its value, if one is
// not a number or out of range.
absl::StatusOr<SlurmStep> ReadSlurmStep(const Environment& variables,
                                        const CommandOf& command_of);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_SLURM_STEP_H_
