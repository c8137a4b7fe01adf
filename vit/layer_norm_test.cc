#include "vit/layer_norm.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/normalization.h>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

at::Tensor SlowLayerNorm(const at::Tensor& x, const LayerNorm& norm) {
  const at::Tensor centred = x - x.mean(-1, /*keepdim=*/true);
  const at::Tensor variance = centred.square().mean(-1, /*keepdim=*/true);
  return norm.weight * centred / (variance + norm.eps()).sqrt() + norm.bias;
}

TEST(LayerNorm, IsTheFormula) {
  LayerNorm norm(8, 0.5);
  FillNormal(norm, 1, 3);
  const at::Tensor x = Normal({2, 3, 8}, 4);
  EXPECT_TRUE(norm.forward(x).allclose(SlowLayerNorm(x, norm), 1e-12, 1e-12));
}

TEST(LayerNorm, HasTheBitsAndTheParametersOfLibTorchs) {
  LayerNorm ours(8);
  torch::nn::LayerNorm theirs(torch::nn::LayerNormOptions({8}).eps(1e-6));
  EXPECT_EQ(ParameterShapes(ours), ParameterShapes(*theirs));
  EXPECT_TRUE(ours.weight.equal(theirs->weight));
  EXPECT_TRUE(ours.bias.equal(theirs->bias));
  FillNormal(ours, 1, 3);
  FillNormal(*theirs, 1, 3);
  const at::Tensor x = Normal({2, 3, 8}, 4);
  EXPECT_TRUE(ours.forward(x).equal(theirs->forward(x)));
}

TEST(LayerNorm, Gradients) {
  LayerNorm norm(8);
  FillNormal(norm, 1, 3);
  at::Tensor x = Normal({2, 3, 8}, 4).requires_grad_();
  const at::Tensor up = Normal({2, 3, 8}, 5);
  ExpectGradients([&] { return (norm.forward(x) * up).sum(); },
                  {{"x", x}, {"weight", norm.weight}, {"bias", norm.bias}});
}

}  // namespace
}  // namespace caldera::vit
