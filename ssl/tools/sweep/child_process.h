// Runs a program to its end, one at a time, and passes signals on to it.
//
//   absl::StatusOr<ChildEnd> end = RunChild({"/bin/sh", "-c", "exit 3"}, {});
//   end->status;  // 3
//
// While it runs, SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1 and SIGUSR2 that
// reach this process go to the child and do not end this process: it waits
// until the child has stopped. If this process dies, the child gets SIGTERM.
#ifndef CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_
#define CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

struct ChildEnd {
  int status = 0;           // of its exit; 128 + the signal that ended it
  int64_t peak_memory = 0;  // bytes it held at most, 20 ms before its end
};

// Runs `command` with the variables of `environment` added. Errors: Internal if
// it could not be started.
absl::StatusOr<ChildEnd> RunChild(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment);

// Returns the first signal to stop that RunChild passed on, 0 if none.
int SignalPassedOn();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_
