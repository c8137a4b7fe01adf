// Runs a test's body in several processes.
//
//   RunProcesses(4, [](const Processes& processes) {
//     EXPECT_EQ(processes.Any(false), false);
//   });
#ifndef CALDERA_SSL_DISTRIBUTED_PROCESSES_TESTING_H_
#define CALDERA_SSL_DISTRIBUTED_PROCESSES_TESTING_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "ssl/distributed/free_port_testing.h"
#include "ssl/distributed/processes.h"

namespace caldera::ssl {

// Forks `size` ranks that join each other over this machine's loopback and run
// `body`; returns their process ids. A rank exits with 1 where an expectation
// of gtest failed in it, whatever the test had failed before, with 2 where
// `body` threw. Call before the test's own process has started threads: ATen's
// pools do not survive a fork.
std::vector<pid_t> StartProcesses(
    int64_t size, const JoinOptions& options,
    const std::function<void(const Processes&)>& body);

// Waits for the process; returns its exit status, or minus the signal that
// ended it.
int Await(pid_t process);

// Starts `size` ranks and expects that all end with status 0.
void RunProcesses(int64_t size,
                  const std::function<void(const Processes&)>& body);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_PROCESSES_TESTING_H_
