#include <ATen/Functions.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/stack.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

// Calls the operator like a front end: by name, boxed, with defaults filled in.
at::Tensor Call(const at::Tensor& x, const at::Tensor& y,
                const std::vector<c10::IValue>& options = {}) {
  const c10::OperatorHandle handle =
      c10::Dispatcher::singleton().findSchemaOrThrow("caldera::manifold_loss",
                                                     "");
  torch::jit::Stack stack = {x, y};
  for (const c10::IValue& option : options) stack.push_back(option);
  const auto& arguments = handle.schema().arguments();
  while (stack.size() < arguments.size()) {
    stack.push_back(*arguments[stack.size()].default_value());
  }
  handle.callBoxed(stack);
  return stack[0].toTensor();
}

TEST(ManifoldLossOperatorTest, IsTheLossWithItsGradients) {
  const at::Tensor x = at::randn({24, 8}).requires_grad_();
  const at::Tensor y = at::randn({24, 6}).requires_grad_();
  const at::Tensor loss = Call(x, y);
  loss.backward();
  const at::Tensor x2 = x.detach().clone().requires_grad_();
  const at::Tensor y2 = y.detach().clone().requires_grad_();
  const at::Tensor expected = ManifoldLoss(x2, y2, {});
  expected.backward();
  EXPECT_TRUE(loss.equal(expected));
  EXPECT_TRUE(x.grad().equal(x2.grad()));
  EXPECT_TRUE(y.grad().equal(y2.grad()));

  at::NoGradGuard no_grad;
  EXPECT_TRUE(Call(x, y).equal(expected));
  EXPECT_FALSE(Call(x, y).requires_grad());
}

TEST(ManifoldLossOperatorTest, PassesEveryOptionOn) {
  const at::Tensor x = at::randn({24, 8}).requires_grad_();
  const at::Tensor y = at::randn({24, 6}).requires_grad_();
  ManifoldLossOptions options;
  options.rbf_scale = 2;
  options.bandwidth = BandwidthKind::kNearestNeighbours;
  options.bandwidth_neighbours = 3;
  options.detach_bandwidth = true;
  options.kernel_neighbours = 5;
  options.laplacian = LaplacianKind::kRandomWalk;
  const at::Tensor loss = Call(x, y,
                               {2.0, "nearest_neighbours", c10::IValue(), 3,
                                true, 5, "random_walk", true});
  EXPECT_TRUE(loss.equal(ManifoldLoss(x, y, options)));
  loss.backward();
  EXPECT_FALSE(x.grad().defined());  // detach_reference
  EXPECT_TRUE(y.grad().defined());

  options = {};
  options.fixed_gamma = 3;
  EXPECT_TRUE(
      Call(x, y, {1.0, "median", 3.0}).equal(ManifoldLoss(x, y, options)));
}

TEST(ManifoldLossOperatorTest, RefusesAnUnknownName) {
  const at::Tensor x = at::randn({4, 8});
  const auto message = [&](const std::vector<c10::IValue>& options) {
    try {
      Call(x, x, options);
    } catch (const c10::Error& error) {
      return std::string(error.what_without_backtrace());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message({1.0, "mode"}),
              ::testing::HasSubstr("bandwidth is 'mode'; it is one of"));
  EXPECT_THAT(message({1.0, "median", c10::IValue(), 7, false, 0, "heat"}),
              ::testing::HasSubstr("laplacian is 'heat'; it is one of"));
}

}  // namespace
}  // namespace caldera::magma
