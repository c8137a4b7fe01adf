#include "ssl/distributed/processes_testing.h"

#include <ATen/Parallel.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>

#include "glog/logging.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

// Counts what fails from its making on. testing::Test::HasFailure() would also
// count what the test had failed before the fork.
class FailureCount : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed()) ++failures_;
  }
  int failures() const { return failures_; }

 private:
  std::atomic<int> failures_{0};
};

}  // namespace

std::vector<pid_t> StartProcesses(
    int64_t size, const JoinOptions& options,
    const std::function<void(const Processes&)>& body) {
  JobEnvironment job;
  job.world_size = size;
  job.master_port = FreePort();
  std::vector<pid_t> processes;
  for (job.rank = 0; job.rank < size; ++job.rank) {
    const pid_t process = fork();
    PCHECK(process >= 0);
    if (process > 0) {
      processes.push_back(process);
      continue;
    }
    job.local_rank = job.rank;
    at::set_num_threads(1);
    auto* const verdict = new FailureCount;  // gtest's, which deletes it
    testing::UnitTest::GetInstance()->listeners().Append(verdict);
    int status = 0;
    try {
      auto joined = Processes::Join(job, options);
      EXPECT_TRUE(joined.ok()) << joined.status();
      if (joined.ok()) body(**joined);
      status = verdict->failures() > 0 ? 1 : 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "rank %d: %s\n", static_cast<int>(job.rank),
                   error.what());
      status = 2;
    }
    std::fflush(nullptr);
    _exit(status);
  }
  return processes;
}

int Await(pid_t process) {
  int status = 0;
  PCHECK(waitpid(process, &status, 0) == process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void RunProcesses(int64_t size,
                  const std::function<void(const Processes&)>& body) {
  std::vector<int> status;  // by rank
  for (const pid_t process : StartProcesses(size, {}, body)) {
    status.push_back(Await(process));
  }
  EXPECT_EQ(status, std::vector<int>(size, 0)) << "how the ranks ended";
}

}  // namespace caldera::ssl
