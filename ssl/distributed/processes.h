// The processes of a job, and what they exchange.
//
//   absl::StatusOr<JobEnvironment> job = ReadJobEnvironment();
//   absl::StatusOr<std::unique_ptr<Processes>> all = Processes::Join(*job);
//   at::Tensor batch = (*all)->Gather(rows);  // [b, D] -> [P b, D]
//
// c10d does the work: Gloo for tensors on the CPU, NCCL for those on a GPU (in
// a build with --config=cuda). All processes make the same calls in the same
// order. A single process exchanges nothing.
//
// Caveats: use it from one thread. A collective that fails (a process has died)
// first gives the watchdog the time to end the job with the name of the
// culprit; then it throws c10::Error.
#ifndef CALDERA_SSL_DISTRIBUTED_PROCESSES_H_
#define CALDERA_SSL_DISTRIBUTED_PROCESSES_H_

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/job_environment.h"
#include "ssl/distributed/meeting.h"
#include "ssl/distributed/meeting_host.h"
#include "ssl/distributed/watchdog.h"

namespace c10d {
class Backend;
class ProcessGroup;
class Store;
}  // namespace c10d

namespace caldera::ssl {

struct JoinOptions {
  // What the processes do, the same text in all of them: a process with another
  // one is refused, since it belongs to another job.
  std::string job;
  std::chrono::milliseconds join_timeout{120000};  // until all are there
  WatchdogOptions watchdog;
};

class Processes {
 public:
  // Meets the other processes of `job`; returns at once if the process is
  // single. Rank 0 says on stderr what was understood of the environment.
  // Returns InvalidArgument if MASTER_ADDR does not resolve or
  // GLOO_SOCKET_IFNAME is no interface, FailedPrecondition if the port belongs
  // to another job, Unavailable if not all come within the timeout.
  static absl::StatusOr<std::unique_ptr<Processes>> Join(
      const JobEnvironment& job, const JoinOptions& options = {});
  ~Processes();
  // Returns this process alone, for code that works for one and for many.
  static const Processes& Single();

  int64_t rank() const { return job_.rank; }
  int64_t size() const { return job_.world_size; }
  // Returns true if this is the only process.
  bool single() const { return job_.world_size == 1; }

  // Returns the rows of every process in the order of ranks: [b, ...] -> [P b,
  // ...]. Has no gradient; gather.h has one.
  at::Tensor Gather(const at::Tensor& rows) const;
  // Returns the sum over the processes, the same bits on each, as a new tensor.
  at::Tensor Sum(const at::Tensor& part) const;
  // Copies the values of rank 0 into the tensors of the others.
  void Broadcast(std::vector<at::Tensor> tensors) const;
  // Returns true if `mine` is true in any process; the second form for each of
  // several at once.
  bool Any(bool mine) const;
  std::vector<bool> Any(const std::vector<bool>& mine) const;

  // Runs `work`, in which the processes meet by themselves, watched by the
  // watchdog.
  void Meet(const std::function<void()>& work) const;
  // Runs `work`, for which the others wait, however long it takes.
  void RunWhileOthersWait(const std::function<void()>& work) const;
  // Reports that this process stops with an error of its own; the others end
  // and print it.
  void Fail(const std::string& reason) const;

  // Returns null for a single process.
  const c10::intrusive_ptr<c10d::ProcessGroup>& group() const { return group_; }

 private:
  explicit Processes(const JobEnvironment& job);
  // Meets the others, and connects to the store of rank 0.
  absl::StatusOr<Met> MeetOthers(const JoinOptions& options);

  const JobEnvironment job_;
  std::unique_ptr<MeetingHost> host_;  // of rank 0
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  std::unique_ptr<Watchdog> watchdog_;
};

// Makes the backend for tensors on a GPU; nccl_backend.cc sets it.
using BackendFactory = std::function<c10::intrusive_ptr<c10d::Backend>(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size)>;
BackendFactory& CudaBackendFactory();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_PROCESSES_H_
