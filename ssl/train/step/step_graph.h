// The device's work of a step, recorded once and launched as a whole.
//
//   if (StepGraphFactory()) {
//     std::unique_ptr<StepGraph> graph = StepGraphFactory()();
//     graph->WarmUp(work);   // until libraries have set themselves up
//     graph->Capture(work);  // records; nothing is computed
//     graph->Replay();       // computes what work() would
//   }
//
// Tensors that `work` reads must stay where they are; those that it makes are
// written anew by each Replay. It may neither wait for the device nor read or
// make numbers on the host.
#ifndef CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_
#define CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_

#include <functional>
#include <memory>

namespace caldera::ssl {

class StepGraph {
 public:
  virtual ~StepGraph() = default;

  // Runs `work` as it will be recorded.
  virtual void WarmUp(const std::function<void()>& work) = 0;
  // Throws c10::Error where `work` does what cannot be recorded.
  virtual void Capture(const std::function<void()>& work) = 0;
  // In the order of the current stream; does not wait.
  virtual void Replay() = 0;
  // Gives back what was recorded, and its memory.
  virtual void Release() = 0;
};

// Makes a graph for the current device; cuda_step_graph.cc sets it in a build
// with --config=cuda. Empty in others.
std::function<std::unique_ptr<StepGraph>()>& StepGraphFactory();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_
