// The work of the device in a step, recorded once and launched as one graph.
//
//   if (StepGraphFactory()) {
//     std::unique_ptr<StepGraph> graph = StepGraphFactory()();
//     graph->WarmUp(work);   // until libraries have set themselves up
//     graph->Capture(work);  // records; nothing is computed
//     graph->Replay();       // computes what work() would compute
//   }
//
// Tensors that `work` reads must keep their addresses; each Replay overwrites
// those that it makes. It may neither wait for the device nor read or make
// numbers on the host.
#ifndef CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_
#define CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_

#include <functional>
#include <memory>

namespace caldera::ssl {

class StepGraph {
 public:
  virtual ~StepGraph() = default;

  // Runs `work` under the conditions of the recording.
  virtual void WarmUp(const std::function<void()>& work) = 0;
  // Records `work`. Throws c10::Error if `work` does something that cannot be
  // recorded.
  virtual void Capture(const std::function<void()>& work) = 0;
  // Computes in the order of the current stream; does not wait.
  virtual void Replay() = 0;
  // Frees the recording and its memory.
  virtual void Release() = 0;
};

// Returns a function that makes a graph for the current device;
// cuda_step_graph.cc sets it in a build with --config=cuda. It is empty in
// others.
std::function<std::unique_ptr<StepGraph>()>& StepGraphFactory();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_STEP_GRAPH_H_
