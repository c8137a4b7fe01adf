#include "vit/blocks/token_block.h"

#include <glog/logging.h>

#include <vector>

#include "vit/ops/recompute.h"

namespace caldera::vit {

at::Tensor TokenBlock::Forward(const at::Tensor& x,
                               const BlockRequest& given) const {
  const bool has_memory = given.memory.defined();
  CHECK(has_memory || !traits_.reads_memory) << "the block reads a memory";
  CHECK(!has_memory || traits_.reads_memory) << "the block reads no memory";
  BlockRequest request = given;
  if (is_training() && traits_.drop_path > 0) {
    CHECK(request.drop_path_uniforms.defined())
        << "drop path needs random numbers in training mode";
  } else {
    request.drop_path_uniforms = at::Tensor();
  }
  if (!traits_.recompute || request.tap != nullptr) return Run(x, request);
  std::vector<at::Tensor> inputs = {x};
  if (has_memory) inputs.push_back(request.memory);
  request.memory = at::Tensor();  // the graph keeps it
  return Recompute(
      [this, request](const std::vector<at::Tensor>& again) {
        BlockRequest with_memory = request;
        if (again.size() > 1) with_memory.memory = again[1];
        return Run(again[0], with_memory);
      },
      inputs, parameters());
}

}  // namespace caldera::vit
