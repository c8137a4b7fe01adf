// What a training step needs of memory, what there is, and what to change where
// it is too much.
//
//   const MemoryForecast need = StepMemory(learner, spec.train(), device);
//   const std::optional<MemoryRoom> room = RoomForSteps(device);
//   if (room.has_value() && need.ahead() > room->bytes) {
//     MemoryAdvice(need, room->bytes, experiment);
//     // "set train.accumulate_steps=4 (16 images at a time) or ..."
//   }
//
// Everything follows from sizes; nothing is allocated or timed.
//
// Caveat: only tensors are counted, not libraries, loader or allocator.
#ifndef CALDERA_SSL_TRAIN_FORECAST_STEP_MEMORY_H_
#define CALDERA_SSL_TRAIN_FORECAST_STEP_MEMORY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/step/learner.h"

namespace caldera::ssl {

// Bytes of tensors, all in float32: an upper bound for a run in bfloat16.
struct MemoryForecast {
  int64_t parameters = 0;  // including buffers and teachers
  int64_t gradients = 0;   // each thread slice has its own
  int64_t moments = 0;
  int64_t activations = 0;

  int64_t total() const {
    return parameters + gradients + moments + activations;
  }
  // What the first step adds to a learner that is built.
  int64_t ahead() const { return gradients + activations; }
};

// Returns the memory of one step of the learner.
MemoryForecast StepMemory(const Learner& learner, const TrainSpec& train,
                          const at::Device& device);

struct MemoryRoom {
  int64_t bytes;
  std::string whose;  // "ulimit -v leaves", "the GPU has"
};

// Returns what this process can still take on the device: the least of what the
// machine, the control groups and `ulimit -v` leave, or what a GPU has free.
// None where the system does not say.
std::optional<MemoryRoom> RoomForSteps(const at::Device& device);

// Returns what to change so that a step fits into `room` bytes beside the
// parameters and moments: the number of accumulated steps or the batch that
// fits, blocks that are computed again, or a smaller model.
std::string MemoryAdvice(const MemoryForecast& need, int64_t room,
                         const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_STEP_MEMORY_H_
