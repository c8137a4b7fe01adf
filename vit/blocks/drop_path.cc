#include "vit/blocks/drop_path.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ge.h>

namespace caldera::vit {

double DropPathRate(double last, int64_t block, int64_t depth) {
  if (depth == 1) return 0;  // torch.linspace(0, last, 1) is its start
  return last * static_cast<double>(block) / static_cast<double>(depth - 1);
}

at::Tensor DropPathScale(const at::Tensor& uniforms, double rate) {
  return (uniforms.ge(rate).to(uniforms.scalar_type()) / (1 - rate))
      .view({-1, 1, 1});
}

at::Tensor BranchScale(const at::Tensor& uniforms, int64_t branch, double rate,
                       const at::Tensor& x) {
  if (!uniforms.defined()) return uniforms;
  return DropPathScale(uniforms.select(1, branch), rate)
      .to(x.device(), x.scalar_type());
}

}  // namespace caldera::vit
