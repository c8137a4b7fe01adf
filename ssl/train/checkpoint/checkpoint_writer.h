// Writes checkpoints while training goes on.
//
//   auto writer = CheckpointWriter::Create(options, checkpoint);
//   for (...) {
//     Forward(); Backward();
//     (*writer)->WaitUntilCopied();   // before anything updates the weights
//     Update();
//     if (due) status = (*writer)->Write(checkpoint, method.parameters());
//   }
//   status = (*writer)->Finish();
//
// Write returns at once: a thread copies the tensors while the next step
// computes its forward and backward pass, which only read them, and then writes
// the files. A step blocks only for the part of the copy that outlasts its
// forward and backward pass: nothing at any size on a CPU, whose step reads
// each weight many times. (docs/checkpoints.md has the measurement.)
//
// A write that fails is named in the log at once and training goes on; the next
// Write then waits for its own result, and the run ends if that fails too. So a
// disk that was full for a while costs nothing, and the existing checkpoints
// stay. A state that is not finite is not written: a run could not go on from
// it.
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_WRITER_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_WRITER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/checkpoint/checkpoint_plan.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// Copies a state into host memory while training goes on.
//
//   HostCopy copy;
//   copy.Begin(optimizer.State(), /*waits=*/[](const at::Tensor&) {
//     return true;
//   });
//   std::thread thread([&] { copy.Complete(); Write(copy.tensors()); });
//   // forward and backward of the next step; the update waits for Complete
//
// CPU: copying a state of 1.3 GB takes longer than a step may stall, so Begin
// only notes the tensors that stay unchanged for a while. GPU: Begin clones
// them on the device, in the order of its stream and without waiting for it;
// Complete copies them to the host on a stream of its own. For a moment that
// costs a second copy of the state in the device's memory. The buffers are kept
// (pinned for a GPU), and the next Begin uses them again.
class HostCopy {
 public:
  // Starts the copy. `waits` returns true for a CPU tensor that stays unchanged
  // until Complete returns; all others are copied before Begin returns.
  void Begin(const vit::StateDict& state,
             const std::function<bool(const at::Tensor&)>& waits);

  // Completes the copy; may be called from any thread, after Begin.
  void Complete();

  // Returns the state of the last Begin, valid after Complete: contiguous, on
  // the CPU.
  const vit::StateDict& tensors() const { return tensors_; }

 private:
  vit::StateDict tensors_;
  std::vector<std::pair<at::Tensor, at::Tensor>> pending_;  // from, to
  std::optional<c10::Event> cloned_;  // none if all tensors are on the CPU
};

struct CheckpointWriterOptions {
  std::string folder;
  CheckpointPlan plan;
  int64_t last_good = 0;  // the step that the run resumes from; 0: none
  // Is called in the writer's thread before a checkpoint appears under its
  // name: it makes durable what the checkpoint relies on.
  std::function<absl::Status()> before_commit;
  base::FileSystem* files = &base::FileSystem::Real();
};

class CheckpointWriter {
 public:
  // Returns the errors of PrepareCheckpoints for checkpoints as large as
  // `like`.
  static absl::StatusOr<std::unique_ptr<CheckpointWriter>> Create(
      const CheckpointWriterOptions& options, const Checkpoint& like);
  ~CheckpointWriter() = default;  // waits for the write under way

  // Starts to write `checkpoint`, once the one before is written. `parameters`
  // are the tensors of its model that only the update changes, as it does the
  // optimizer's state; all others (running means) are copied before this
  // returns. Returns an error of this write, after the one before had failed.
  absl::Status Write(const Checkpoint& checkpoint,
                     const std::vector<at::Tensor>& parameters);

  // Returns when the tensors of the last Write may change.
  void WaitUntilCopied();

  // Waits until all is written. Returns the error of the last write; Write has
  // returned those before it.
  absl::Status Finish();

  // Returns the path of the newest checkpoint known to be complete, or "none".
  // Valid after Finish.
  std::string LastGood() const;

 private:
  explicit CheckpointWriter(const CheckpointWriterOptions& options)
      : options_(options) {}

  CheckpointWriterOptions options_;
  HostCopy model_, optimizer_;
  int64_t step_ = 0;                   // of the write under way
  std::future<void> copied_;           // of the write under way
  std::future<absl::Status> written_;  // the last member: its destructor waits
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_WRITER_H_
