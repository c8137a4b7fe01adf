// Reproducible values and gradient checks for the tests of modules.
//
//   FillNormal(block, 0.3, /*seed=*/0);
//   const at::Tensor x = Normal({2, 5, 16}, 1).requires_grad_();
//   ExpectGradients([&] { return block.forward(x).sum(); }, {{"x", x}});
#ifndef CALDERA_VIT_MODULE_TESTING_H_
#define CALDERA_VIT_MODULE_TESTING_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace caldera::vit {

// Returns float64 values from N(0, 1), the same for the same seed.
at::Tensor Normal(at::IntArrayRef sizes, uint64_t seed);

// Makes `module` float64 and draws all its parameters from N(0, std^2), norms
// and biases included, so that no term of a formula hides behind a zero.
void FillNormal(torch::nn::Module& module, double std, uint64_t seed);

// Return "name [sizes]" of all parameters, or of all buffers, sorted by name.
std::vector<std::string> ParameterShapes(const torch::nn::Module& module);
std::vector<std::string> BufferShapes(const torch::nn::Module& module);

// Expects backward() of the scalar `loss`, a function of float64 leaves, to
// equal the central differences at up to 40 coordinates of each leaf.
void ExpectGradients(const std::function<at::Tensor()>& loss,
                     const std::map<std::string, at::Tensor>& leaves);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODULE_TESTING_H_
