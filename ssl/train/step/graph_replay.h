// Replays the work of a step from a graph if it is the same from step to step.
//
//   GraphReplay replay(StepGraphFactory()());
//   StepResult result = replay.Run(
//       weights, microbatches,
//       [&](const std::vector<DeviceBatch>& inputs) {
//         return Compute(inputs);
//       });
//
// The first steps run directly, then one is recorded. The work reads tensors of
// its own, into which each step's inputs are copied. If the shapes of the
// inputs or the numbers that the work has built in change, it starts over.
#ifndef CALDERA_SSL_TRAIN_STEP_GRAPH_REPLAY_H_
#define CALDERA_SSL_TRAIN_STEP_GRAPH_REPLAY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ssl/methods/method.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/step_result.h"

namespace caldera::ssl {

class GraphReplay {
 public:
  using Work =
      std::function<StepResult(const std::vector<DeviceBatch>& microbatches)>;
  // The number of steps that run directly before one is recorded.
  static constexpr int kWarmUp = 3;

  explicit GraphReplay(std::unique_ptr<StepGraph> graph)
      : graph_(std::move(graph)) {}

  // Runs `work` on `microbatches`, the images of a step with their draws.
  // `constants` are the numbers on which the work depends besides. Returns its
  // result, whose tensors the next Run overwrites.
  StepResult Run(const std::vector<double>& constants,
                 const std::vector<DeviceBatch>& microbatches,
                 const Work& work);

 private:
  std::unique_ptr<StepGraph> graph_;
  std::vector<double> constants_;
  std::vector<std::vector<int64_t>> shapes_;
  int steps_ = 0;                    // with these constants and shapes
  std::vector<DeviceBatch> inputs_;  // of the recorded work
  StepResult result_;                // likewise
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_GRAPH_REPLAY_H_
