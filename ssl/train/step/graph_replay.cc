#include "ssl/train/step/graph_replay.h"

#include <utility>

namespace caldera::ssl {
namespace {

// Returns all tensors, in a fixed order.
std::vector<at::Tensor*> Inputs(std::vector<DeviceBatch>& microbatches) {
  std::vector<at::Tensor*> tensors;
  for (DeviceBatch& microbatch : microbatches) {
    const std::vector<at::Tensor*> rows = RowTensors(microbatch);
    tensors.insert(tensors.end(), rows.begin(), rows.end());
  }
  return tensors;
}

}  // namespace

StepResult GraphReplay::Run(const std::vector<double>& constants,
                            const std::vector<DeviceBatch>& microbatches,
                            const Work& work) {
  std::vector<DeviceBatch> given = microbatches;
  const std::vector<at::Tensor*> tensors = Inputs(given);
  std::vector<std::vector<int64_t>> shapes;
  for (const at::Tensor* tensor : tensors) {
    shapes.push_back(tensor->sizes().vec());
  }
  if (constants != constants_ || shapes != shapes_) {
    constants_ = constants;
    shapes_ = std::move(shapes);
    steps_ = 0;
    result_ = {};
    graph_->Release();
  }
  if (steps_ < kWarmUp) {
    ++steps_;
    result_ = {};  // frees the tensors of the step before
    graph_->WarmUp([&] { result_ = work(given); });
    return result_;
  }
  if (steps_ == kWarmUp) {
    result_ = {};
    inputs_ = std::move(given);
    for (at::Tensor* tensor : Inputs(inputs_)) {
      *tensor = tensor->clone(at::MemoryFormat::Contiguous);
    }
    graph_->Capture([this, work] { result_ = work(inputs_); });
    ++steps_;
  } else {
    const std::vector<at::Tensor*> to = Inputs(inputs_);
    for (size_t i = 0; i < to.size(); ++i) to[i]->copy_(*tensors[i]);
  }
  graph_->Replay();
  return result_;
}

}  // namespace caldera::ssl
