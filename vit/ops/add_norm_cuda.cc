// Registers the kernels of add_norm.h.
#include <ATen/cuda/CUDAContext.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

#include <optional>
#include <tuple>

#include "vit/ops/add_norm_kernels.h"

namespace caldera::vit {
namespace {

using FourTensors = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

// Returns a contiguous tensor whose address is a multiple of two elements,
// which the kernel loads as a pair.
at::Tensor InPairs(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const auto address = reinterpret_cast<uintptr_t>(dense.const_data_ptr());
  return address % (2 * dense.element_size()) == 0 ? dense : dense.clone();
}

template <typename T>
const T* Data(const at::Tensor& tensor) {
  return tensor.const_data_ptr<T>();
}

FourTensors Forward(const at::Tensor& given,
                    const std::optional<at::Tensor>& given_branch,
                    const at::Tensor& given_gain, const at::Tensor& given_shift,
                    double eps, at::ScalarType type) {
  TORCH_CHECK(type == at::kBFloat16, "caldera::add_norm writes bfloat16 here");
  const c10::cuda::CUDAGuard guard(given.device());
  const at::Tensor x = InPairs(given), gain = InPairs(given_gain);
  const at::Tensor shift = InPairs(given_shift);
  const int64_t dim = x.size(-1), rows = dim == 0 ? 0 : x.numel() / dim;
  at::Tensor branch, sum;
  if (given_branch.has_value()) {
    TORCH_CHECK(given_branch->sizes() == x.sizes(), "caldera::add_norm: x is ",
                x.sizes(), ", branch ", given_branch->sizes());
    branch = InPairs(*given_branch);
    sum = at::empty_like(x);
  }
  at::Tensor normed = at::empty(x.sizes(), x.options().dtype(type));
  auto sizes = x.sizes().vec();
  sizes.back() = 1;
  at::Tensor mean = at::empty(sizes, x.options());
  at::Tensor rstd = at::empty(sizes, x.options());

  AddNormForwardArguments a;
  a.x = Data<float>(x);
  a.branch = branch.defined() ? Data<c10::BFloat16>(branch) : nullptr;
  a.gain = Data<float>(gain);
  a.shift = Data<float>(shift);
  a.sum = sum.defined() ? sum.mutable_data_ptr<float>() : nullptr;
  a.normed = normed.mutable_data_ptr<c10::BFloat16>();
  a.mean = mean.mutable_data_ptr<float>();
  a.rstd = rstd.mutable_data_ptr<float>();
  a.rows = rows;
  a.dim = dim;
  a.eps = static_cast<float>(eps);
  C10_CUDA_CHECK(LaunchAddNorm(a, at::cuda::getCurrentCUDAStream()));
  return {sum, normed, mean, rstd};
}

FourTensors Backward(const at::Tensor& given_grad_normed,
                     const std::optional<at::Tensor>& given_grad_sum,
                     const at::Tensor& given_sum, const at::Tensor& mean,
                     const at::Tensor& rstd, const at::Tensor& given_gain,
                     const at::Tensor& /*shift*/,
                     std::optional<at::ScalarType> branch_type) {
  TORCH_CHECK(!branch_type.has_value() || *branch_type == at::kBFloat16,
              "caldera::add_norm's branch is bfloat16 here");
  const c10::cuda::CUDAGuard guard(given_sum.device());
  const at::Tensor sum = InPairs(given_sum), gain = InPairs(given_gain);
  const at::Tensor grad_normed = InPairs(given_grad_normed.to(at::kBFloat16));
  at::Tensor grad_sum;
  if (given_grad_sum.has_value()) grad_sum = InPairs(*given_grad_sum);
  const int64_t dim = sum.size(-1), rows = dim == 0 ? 0 : sum.numel() / dim;
  at::Tensor grad_x = at::empty_like(sum), grad_branch;
  if (branch_type.has_value()) {
    grad_branch = at::empty(sum.sizes(), sum.options().dtype(*branch_type));
  }
  const int64_t parts = AddNormParts(
      rows, dim, at::cuda::getCurrentDeviceProperties()->multiProcessorCount);
  at::Tensor gain_parts = at::empty({parts, dim}, gain.options());
  at::Tensor shift_parts = at::empty({parts, dim}, gain.options());

  AddNormBackwardArguments a;
  a.grad_normed = Data<c10::BFloat16>(grad_normed);
  a.grad_sum = grad_sum.defined() ? Data<float>(grad_sum) : nullptr;
  a.sum = Data<float>(sum);
  a.mean = Data<float>(mean);
  a.rstd = Data<float>(rstd);
  a.gain = Data<float>(gain);
  a.grad_x = grad_x.mutable_data_ptr<float>();
  a.grad_branch = grad_branch.defined()
                      ? grad_branch.mutable_data_ptr<c10::BFloat16>()
                      : nullptr;
  a.rows = rows;
  a.dim = dim;
  C10_CUDA_CHECK(LaunchAddNormBackward(a, gain_parts.mutable_data_ptr<float>(),
                                       shift_parts.mutable_data_ptr<float>(),
                                       parts,
                                       at::cuda::getCurrentCUDAStream()));
  return {grad_x, grad_branch, gain_parts.sum(0), shift_parts.sum(0)};
}

}  // namespace

TORCH_LIBRARY_IMPL(caldera, CUDA, m) {
  m.impl("add_norm", Forward);
  m.impl("add_norm_backward", Backward);
}

}  // namespace caldera::vit
