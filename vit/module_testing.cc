#include "vit/module_testing.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::vit {
namespace {

template <typename Items>
std::vector<std::string> Shapes(const Items& items) {
  std::vector<std::string> shapes;
  for (const auto& item : items) {
    shapes.push_back(absl::StrCat(
        item.key(), " [", absl::StrJoin(item.value().sizes(), ", "), "]"));
  }
  std::sort(shapes.begin(), shapes.end());
  return shapes;
}

}  // namespace

at::Tensor Normal(at::IntArrayRef sizes, uint64_t seed) {
  return at::empty(sizes, at::kDouble)
      .normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(seed));
}

void FillNormal(torch::nn::Module& module, double std, uint64_t seed) {
  module.to(at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Generator generator =
      at::make_generator<at::CPUGeneratorImpl>(seed);
  for (at::Tensor& parameter : module.parameters()) {
    parameter.normal_(0, std, generator);
  }
}

std::vector<std::string> ParameterShapes(const torch::nn::Module& module) {
  return Shapes(module.named_parameters());
}

std::vector<std::string> BufferShapes(const torch::nn::Module& module) {
  return Shapes(module.named_buffers());
}

void ExpectGradients(const std::function<at::Tensor()>& loss,
                     const std::map<std::string, at::Tensor>& leaves) {
  // The truncation error, of the order of h^2, and the rounding error, 1e-16 /
  // h, are both near 1e-10.
  constexpr double kStep = 1e-5;
  loss().backward();
  const at::NoGradGuard no_grad;
  for (const auto& [name, leaf] : leaves) {
    ASSERT_TRUE(leaf.grad().defined()) << name;
    const at::Tensor values = leaf.view(-1), grad = leaf.grad().reshape(-1);
    const int64_t count = std::min<int64_t>(values.numel(), 40);
    for (int64_t k = 0; k < count; ++k) {
      const int64_t i = k * values.numel() / count;
      double* value = values.mutable_data_ptr<double>() + i;
      const double old = *value;
      *value = old + kStep;
      const double up = loss().item<double>();
      *value = old - kStep;
      const double down = loss().item<double>();
      *value = old;
      const double slope = (up - down) / (2 * kStep);
      EXPECT_NEAR(grad[i].item<double>(), slope, 2e-9 * (1 + std::abs(slope)))
          << name << ", coordinate " << i;
    }
  }
}

}  // namespace caldera::vit
