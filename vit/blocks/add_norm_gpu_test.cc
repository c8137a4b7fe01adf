// Compares the kernels with ATen's operators in float64, and a block's step
// with the kernels with one in float32.
//
//   ./bazelw test --config=cuda //vit/blocks:add_norm_gpu_test
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/cuda/CUDAFunctions.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <memory>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/module_testing.h"
#include "vit/ops/add_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {
namespace {

double RelativeError(const at::Tensor& value, const at::Tensor& exact) {
  return ((value.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

struct Result {
  at::Tensor sum, normed;
  std::vector<at::Tensor> grads;  // of x, gain, shift and, with one, branch
};

struct Inputs {
  at::Tensor x, branch, up, up_sum;
};

Result Apply(const Inputs& inputs, const LayerNorm& norm, at::ScalarType type) {
  const at::Tensor x = inputs.x.detach().requires_grad_();
  std::vector<at::Tensor> leaves = {x, norm.weight, norm.bias};
  at::Tensor branch;
  if (inputs.branch.defined()) {
    branch = inputs.branch.detach().requires_grad_();
    leaves.push_back(branch);
  }
  const AddNormOutput out = AddNorm(x, branch, norm, type);
  return {out.sum.detach(), out.normed.detach(),
          torch::autograd::grad({out.sum, out.normed}, leaves,
                                {inputs.up_sum, inputs.up})};
}

class AddNormGpuTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA() || c10::cuda::device_count() == 0) {
      GTEST_SKIP() << "no GPU";
    }
  }
};

TEST_F(AddNormGpuTest, GivesATensNumbers) {
  // There is a width for each of the kernel's sizes, odd multiples of a pair,
  // and there are more rows than warps that run at once.
  for (const int64_t dim : {34, 66, 192, 384, 512, 770, 1024, 1280}) {
    for (const int64_t rows : {1, 7, 50432}) {
      for (const bool with_branch : {true, false}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << dim << with_branch);
        at::manual_seed(dim);
        const auto options = at::device(at::kCUDA);
        const auto sixteen = options.dtype(at::kBFloat16);
        Inputs inputs = {at::randn({rows, dim}, options) * 3 + 5,
                         {},
                         at::randn({rows, dim}, sixteen),
                         at::randn({rows, dim}, options)};
        if (with_branch) inputs.branch = at::randn({rows, dim}, sixteen);
        ASSERT_TRUE(AddNormHasKernel(inputs.x, at::kBFloat16));
        LayerNorm norm(dim);
        norm.to(at::kCUDA);
        {
          const at::NoGradGuard no_grad;
          norm.weight.add_(at::randn({dim}, options) * 0.1);
          norm.bias.add_(at::randn({dim}, options));
        }
        const Result found = Apply(inputs, norm, at::kBFloat16);
        norm.to(at::kDouble);
        const Result exact =
            Apply({inputs.x.to(at::kDouble),
                   with_branch ? inputs.branch.to(at::kDouble) : at::Tensor(),
                   inputs.up.to(at::kDouble), inputs.up_sum.to(at::kDouble)},
                  norm, at::kDouble);
        EXPECT_LT(RelativeError(found.sum, exact.sum), 1e-6);
        EXPECT_LT(RelativeError(found.normed, exact.normed), 3e-3);
        for (size_t i = 0; i < exact.grads.size(); ++i) {
          // The gradient of x is float32; that of the branch is the same,
          // rounded.
          EXPECT_LT(RelativeError(found.grads[i], exact.grads[i]),
                    i == 3 ? 3e-3 : 1e-5)
              << i;
        }
        norm.to(at::kFloat);
        const Result again = Apply(inputs, norm, at::kBFloat16);
        for (size_t i = 0; i < again.grads.size(); ++i) {
          EXPECT_TRUE(again.grads[i].equal(found.grads[i])) << i;
        }
      }
    }
  }
}

TEST_F(AddNormGpuTest, ABlockInBFloat16IsNearOneInFloat) {
  BlockOptions options;
  options.embed_dim = 192;
  options.num_heads = 3;
  const auto block = std::make_shared<Block>(options);
  FillNormal(*block, 0.05, 0);
  block->to(at::kFloat);
  block->to(at::kCUDA);
  at::manual_seed(1);
  const at::Tensor x =
      at::randn({4, 50, 192}, at::device(at::kCUDA)).requires_grad_();
  const at::Tensor up = at::randn({4, 40, 192}, at::device(at::kCUDA));
  std::vector<at::Tensor> leaves = block->parameters();
  leaves.push_back(x);
  const auto run = [&] {
    BlockRequest request;
    request.first = 10;
    const at::Tensor out = block->Forward(x, request);
    std::vector<at::Tensor> results =
        torch::autograd::grad({out}, leaves, {up});
    results.push_back(out.detach());
    return results;
  };
  const auto exact = run();
  SetComputeType(*block, at::kBFloat16);
  const auto found = run();
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_LT(RelativeError(found[i], exact[i].to(at::kDouble)), 0.02) << i;
  }
}

}  // namespace
}  // namespace caldera::vit
