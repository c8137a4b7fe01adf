// Registers CUDA graphs as StepGraph.
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "ssl/train/step/step_graph.h"

namespace caldera::ssl {
namespace {

class CudaStepGraph : public StepGraph {
 public:
  // Warms up on the stream of the capture: libraries keep workspaces by stream,
  // and the first product on a stream allocates its own.
  void WarmUp(const std::function<void()>& work) override {
    const c10::cuda::CUDAStream outer = c10::cuda::getCurrentCUDAStream();
    Wait(outer, stream_);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      work();
    }
    Wait(stream_, outer);
  }

  void Capture(const std::function<void()>& work) override {
    const c10::cuda::CUDAStreamGuard guard(stream_);
    // A graph has its own memory, so the memory of the steps before it is
    // freed.
    c10::cuda::device_synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph_ = std::make_unique<at::cuda::CUDAGraph>();
    // The loader's and the checkpoint writer's threads go on meanwhile.
    graph_->capture_begin(/*pool=*/{0, 0}, cudaStreamCaptureModeThreadLocal);
    work();
    graph_->capture_end();
  }

  void Replay() override { graph_->replay(); }
  void Release() override { graph_.reset(); }

 private:
  static void Wait(const c10::cuda::CUDAStream& before,
                   const c10::cuda::CUDAStream& after) {
    at::cuda::CUDAEvent event;
    event.record(before);
    event.block(after);
  }

  c10::cuda::CUDAStream stream_ = c10::cuda::getStreamFromPool();
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

const bool kRegistered = [] {
  StepGraphFactory() = [] { return std::make_unique<CudaStepGraph>(); };
  return true;
}();

}  // namespace
}  // namespace caldera::ssl
