#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_HOST_COPY_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_HOST_COPY_H_

// A copy of a state in host memory, made while training goes on.
//
//   HostCopy copy;
//   copy.Begin(optimizer.State(), /*waits=*/[](const at::Tensor&) {
//     return true;
//   });
//   std::thread thread([&] { copy.Complete(); Write(copy.tensors()); });
//   // forward and backward of the next step; the update waits for Complete
//
// CPU: copying a state of 1.3 GB takes longer than a step may stall, so tensors
// that stay as they are for a while are only noted by Begin. GPU: Begin clones
// them on the device, in the order of its stream and without waiting for it;
// Complete brings them over on a stream of its own. That costs a second copy of
// the state in the device's memory, for a moment. The buffers are kept (pinned
// for a GPU) and used again by the next Begin.

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "vit/state_dict.h"

namespace caldera::ssl {

class HostCopy {
 public:
  // `waits` tells whether a CPU tensor stays unchanged until Complete returns;
  // all others are copied before Begin returns.
  void Begin(const vit::StateDict& state,
             const std::function<bool(const at::Tensor&)>& waits);

  // From any thread, after Begin.
  void Complete();

  // The state of the last Begin, valid after Complete: contiguous, on the CPU.
  const vit::StateDict& tensors() const { return tensors_; }

 private:
  vit::StateDict tensors_;
  std::vector<std::pair<at::Tensor, at::Tensor>> pending_;  // from, to
  std::optional<c10::Event> cloned_;  // on the device; none: all on the CPU
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_HOST_COPY_H_
