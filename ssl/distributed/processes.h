// The processes of a job, and what they exchange.
//
//   absl::StatusOr<JobEnvironment> job = ReadJobEnvironment();
//   absl::StatusOr<std::unique_ptr<Processes>> all = Processes::Join(*job);
//   at::Tensor batch = (*all)->Gather(rows);  // [b, D] -> [P b, D]
//
// c10d does the work: Gloo for tensors on the CPU, NCCL for those on a GPU (in
// a build with --config=cuda). All processes make the same calls in the same
// order. A process alone exchanges nothing.
//
// Caveats: for one thread. A collective that fails (a process has died) first
// gives the watchdog the time to end the job with the name of the culprit; then
// it throws c10::Error.
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
#include "ssl/distributed/watchdog.h"

namespace c10d {
class Backend;
class ProcessGroup;
class Store;
}  // namespace c10d

namespace caldera::ssl {

struct JoinOptions {
  std::chrono::milliseconds join_timeout{120000};  // until all are there
  WatchdogOptions watchdog;
};

class Processes {
 public:
  // Meets the other processes of `job`; at once where it is alone. Unavailable
  // where they do not come within the timeout or the port is taken.
  static absl::StatusOr<std::unique_ptr<Processes>> Join(
      const JobEnvironment& job, const JoinOptions& options = {});
  ~Processes();
  // This process alone, for code that works for one and for many.
  static const Processes& Single();

  int64_t rank() const { return job_.rank; }
  int64_t size() const { return job_.world_size; }
  bool single() const { return job_.world_size == 1; }

  // The rows of every process in the order of ranks: [b, ...] -> [P b, ...].
  // No gradient; gather.h has one with.
  at::Tensor Gather(const at::Tensor& rows) const;
  // The sum over the processes, the same bits on each; a new tensor.
  at::Tensor Sum(const at::Tensor& part) const;
  // Rank 0's values into the tensors of the others.
  void Broadcast(std::vector<at::Tensor> tensors) const;
  // Whether any process says so.
  bool Any(bool mine) const;

  // Runs `work`, which meets the others on its own, under the watchdog's eyes.
  void Meet(const std::function<void()>& work) const;
  // Runs `work` that the others wait for, however long it takes.
  void RunWhileOthersWait(const std::function<void()>& work) const;
  // This process stops with an error of its own; the others end and print it.
  void Fail(const std::string& reason) const;

  // Null for a process alone.
  const c10::intrusive_ptr<c10d::ProcessGroup>& group() const { return group_; }

 private:
  explicit Processes(const JobEnvironment& job);

  const JobEnvironment job_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  std::unique_ptr<Watchdog> watchdog_;
};

// Makes the backend for tensors on a GPU; nccl_backend.cc sets it.
using BackendFactory = std::function<c10::intrusive_ptr<c10d::Backend>(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size)>;
BackendFactory& CudaBackendFactory();

// The address from which this machine reaches `host`, as text: what the others
// connect to. Empty where there is none.
std::string LocalAddressTowards(const std::string& host);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_PROCESSES_H_
