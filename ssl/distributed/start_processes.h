// Starts the processes of a job on this machine, in the place of torchrun.
//
//   if (FLAGS_processes > 1 && !IsStartedProcess()) {
//     return StartOnThisMachine(FLAGS_processes, "/proc/self/exe",
//                               ThisCommand());
//   }
//
// Each runs the command with RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE and
// MASTER_ADDR; the port follows from the number of the job. Rank 0 has the
// output of this process; a line of another one comes on stderr behind "rank 1:
// ", unless another has said the same.
//
// The processes end with this one, even if it is killed. Signals go on to all
// of them, each once: they are in process groups of their own, so that a
// terminal's Ctrl-C reaches only this process.
#ifndef CALDERA_SSL_DISTRIBUTED_START_PROCESSES_H_
#define CALDERA_SSL_DISTRIBUTED_START_PROCESSES_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/environment.h"

namespace caldera::ssl {

struct StartOptions {
  // When one has failed, the others have the first time to end by themselves,
  // which they do with its error, and the second to obey SIGTERM.
  std::chrono::milliseconds grace{5000}, kill_after{20000};
};

// Returns when all have ended: 0, or the exit status of the first that failed,
// 128 + the signal's number where a signal ended it. A status of 1, which may
// be the consequence of another failure, gives way to a later one below 128.
// Returns InvalidArgument if `count` is out of range or a launcher has started
// this process as one of several.
absl::StatusOr<int> StartOnThisMachine(
    int64_t count, const std::string& program,
    const std::vector<std::string>& arguments,
    const StartOptions& options = {});

// Returns true in a process that StartOnThisMachine has started.
bool IsStartedProcess();

// Returns the arguments of this process, the first of which is its name.
std::vector<std::string> ThisCommand();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_START_PROCESSES_H_
