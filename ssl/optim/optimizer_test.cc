// Tests what all optimizers have in common.
#include "ssl/optim/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/optim/optimizer_testing.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

class EveryOptimizer : public testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Optimizer> Make(
      const std::vector<OptimizerParameter>& parameters) {
    return OptimizerOf(absl::StrCat("custom { name: '", GetParam(), "' }"),
                       parameters);
  }
};

INSTANTIATE_TEST_SUITE_P(Optimizers, EveryOptimizer,
                         testing::ValuesIn(OptimizerPart::Names()),
                         [](const testing::TestParamInfo<std::string>& name) {
                           return name.param;
                         });

at::Tensor Leaf(at::IntArrayRef shape, uint64_t seed) {
  return vit::Normal(shape, seed).requires_grad_();
}

TEST_P(EveryOptimizer, LeavesAloneWhatHasNoGradient) {
  at::Tensor used = Leaf({2, 2}, 1), unused = Leaf({2, 2}, 2);
  const at::Tensor frozen = vit::Normal({2, 2}, 3);
  const at::Tensor used_before = used.detach().clone();
  const at::Tensor unused_before = unused.detach().clone();
  const auto optimizer = Make({{"used", used, 1, 0.1},
                               {"unused", unused, 1, 0.1},
                               {"frozen", frozen, 1, 0.1}});
  used.mutable_grad() = vit::Normal({2, 2}, 4);
  optimizer->Step(0.1);
  EXPECT_FALSE(used.detach().equal(used_before));
  EXPECT_TRUE(unused.detach().equal(unused_before));
  for (const auto& [name, tensor] : optimizer->State()) {
    EXPECT_EQ(name.find("frozen"), std::string::npos) << name;
    const bool moved = tensor.count_nonzero().item<int64_t>() > 0;
    EXPECT_EQ(moved, name.find(".used") != std::string::npos) << name;
  }
  optimizer->ZeroGrad();
  EXPECT_FALSE(used.grad().defined());
}

// A skip leaves parameters and state unchanged, whatever the gradient; a skip
// of 0 changes no bit.
TEST_P(EveryOptimizer, SkipsWhereItIsTold) {
  at::Tensor a = Leaf({4, 4}, 5), b = a.detach().clone().requires_grad_();
  const auto plain = Make({{"p", a, 0.5, 0.1}});
  const auto told = Make({{"p", b, 0.5, 0.1}});
  at::Tensor skip = at::zeros({1}, at::kFloat);
  for (int step = 0; step < 3; ++step) {
    a.mutable_grad() = vit::Normal({4, 4}, 10 + step);
    b.mutable_grad() = a.grad().clone();
    plain->Step(0.1);
    told->SetLearningRate(0.1);
    told->Update(skip);
    const at::Tensor gradient = b.grad().clone();
    b.mutable_grad() = gradient * std::nan("");
    skip.fill_(1);
    told->Update(skip);
    skip.fill_(0);
    EXPECT_TRUE(a.detach().equal(b.detach()));
    const vit::StateDict expected = plain->State(), state = told->State();
    for (const auto& [name, tensor] : expected) {
      EXPECT_TRUE(state.at(name).equal(tensor)) << name;
    }
  }
}

TEST_P(EveryOptimizer, StateContinuesBitForBit) {
  at::Tensor p = Leaf({4, 4}, 5), b = Leaf({3}, 6);
  const auto first = Make({{"p", p, 0.5, 0.1}, {"b", b}});
  p.mutable_grad() = vit::Normal({4, 4}, 7);
  b.mutable_grad() = vit::Normal({3}, 8);
  first->Step(0.1);

  at::Tensor q = p.detach().clone().requires_grad_();
  at::Tensor c = b.detach().clone().requires_grad_();
  // The parameters have another order, as in another build.
  const auto second = Make({{"b", c}, {"p", q, 0.5, 0.1}});
  ASSERT_TRUE(vit::CopyStateDict(first->State(), second->State(), "test").ok());
  q.mutable_grad() = p.grad();
  c.mutable_grad() = b.grad();
  first->Step(0.1);
  second->Step(0.1);
  EXPECT_TRUE(p.detach().equal(q.detach()));
  EXPECT_TRUE(b.detach().equal(c.detach()));
}

// A CUDA graph replays the update alone, with the rate that was set.
TEST_P(EveryOptimizer, UpdateReadsTheRateThatWasSet) {
  at::Tensor p = Leaf({3, 3}, 9);
  at::Tensor q = p.detach().clone().requires_grad_();
  const auto at_once = Make({{"p", p}});
  const auto in_halves = Make({{"p", q}});
  for (const double lr : {0.1, 0.3}) {
    p.mutable_grad() = vit::Normal({3, 3}, 10);
    q.mutable_grad() = p.grad();
    at_once->Step(lr);
    in_halves->SetLearningRate(lr);
    in_halves->Update({});
    EXPECT_TRUE(p.detach().equal(q.detach()));
  }
}

TEST_P(EveryOptimizer, HalvedRatesTakeHalfTheFirstStep) {
  at::Tensor p = Leaf({3, 3}, 11);
  at::Tensor q = p.detach().clone().requires_grad_();
  const at::Tensor before = p.detach().clone();
  const auto optimizer = Make({{"p", p, 1}, {"q", q, 0.5}});
  p.mutable_grad() = vit::Normal({3, 3}, 12);
  q.mutable_grad() = p.grad();
  optimizer->Step(0.1);
  const at::Tensor whole = p.detach() - before, half = q.detach() - before;
  EXPECT_LT((whole - 2 * half).abs().max().item<double>(), 1e-14);
}

TEST(Optimizer, ClipsTheGlobalNorm) {
  at::Tensor a = Leaf({2, 2}, 13), b = Leaf({3}, 14);
  const auto optimizer = OptimizerOf("sgd {}", {{"a", a, 1, 0.1}, {"b", b}});
  a.mutable_grad() = vit::Normal({2, 2}, 15);
  b.mutable_grad() = vit::Normal({3}, 16);
  const auto global_norm = [&] {
    return std::sqrt(a.grad().square().sum().item<double>() +
                     b.grad().square().sum().item<double>());
  };
  const double norm = global_norm();
  EXPECT_NEAR(optimizer->ClipGradNorm(0.5 * norm).item<double>(), norm, 1e-12);
  EXPECT_NEAR(global_norm(), 0.5 * norm, 1e-5 * norm);
  const at::Tensor before = a.grad().clone();
  optimizer->ClipGradNorm(10 * norm);
  EXPECT_TRUE(a.grad().equal(before));
}

}  // namespace
}  // namespace caldera::ssl
