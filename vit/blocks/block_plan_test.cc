// Checks what every registered kind of blocks must do; its own test compares
// its formula.
#include "vit/blocks/block_plan.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

EncoderSpec TinySpec(const std::string& block) {
  EncoderSpec spec;
  spec.set_block(block);
  spec.set_embed_dim(8);
  spec.set_depth(2);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  return spec;
}

std::shared_ptr<TokenBlock> Filled(const EncoderSpec& spec, int64_t i) {
  const auto plan = PlanBlocks(spec);
  EXPECT_TRUE(plan.ok()) << plan.status();
  std::shared_ptr<TokenBlock> block = (*plan)->Build(i);
  FillNormal(*block, 0.3, 0);
  return block;
}

class EveryBlock : public testing::TestWithParam<std::string> {
 protected:
  const at::Tensor x_ = Normal({2, 5, 8}, 1).requires_grad_();
};

TEST_P(EveryBlock, ReturnsTheTokensFromTheFirstThatIsWanted) {
  for (const bool recompute : {false, true}) {
    EncoderSpec spec = TinySpec(GetParam());
    spec.set_checkpoint_blocks(recompute);
    for (int64_t i = 0; i < 2; ++i) {
      const auto block = Filled(spec, i);
      const at::Tensor all = block->Forward(x_, {});
      ASSERT_EQ(all.sizes(), x_.sizes());
      BlockRequest request;
      request.first = 2;
      EXPECT_TRUE(
          block->Forward(x_, request).allclose(all.slice(1, 2), 0, 1e-12));
    }
  }
}

TEST_P(EveryBlock, RecomputingChangesNoBit) {
  std::vector<std::vector<at::Tensor>> results;
  for (const bool recompute : {false, true}) {
    EncoderSpec spec = TinySpec(GetParam());
    spec.set_checkpoint_blocks(recompute);
    const auto block = Filled(spec, 0);
    const at::Tensor y = block->Forward(x_, {});
    std::vector<at::Tensor> leaves = block->parameters();
    leaves.push_back(x_);
    results.push_back(
        torch::autograd::grad({y}, leaves, {Normal({2, 5, 8}, 2)}));
    results.back().push_back(y.detach());
  }
  ASSERT_EQ(results[0].size(), results[1].size());
  for (size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_TRUE(results[0][i].equal(results[1][i])) << i;
  }
}

TEST_P(EveryBlock, GradientIsTheDerivative) {
  const auto block = Filled(TinySpec(GetParam()), 0);
  std::map<std::string, at::Tensor> leaves = {{"x", x_}};
  for (const auto& item : block->named_parameters()) {
    leaves[item.key()] = item.value();
  }
  const at::Tensor direction = Normal({2, 5, 8}, 2);
  ExpectGradients([&] { return (block->Forward(x_, {}) * direction).sum(); },
                  leaves);
}

TEST_P(EveryBlock, HasACost) {
  const auto plan = PlanBlocks(TinySpec(GetParam()));
  ASSERT_TRUE(plan.ok()) << plan.status();
  const BlockCost all = (*plan)->CostOf(5, {}), some = (*plan)->CostOf(5, 3);
  EXPECT_GT(all.flop.forward_flop, 0);
  EXPECT_LE(some.flop.forward_flop, all.flop.forward_flop);
  EXPECT_EQ(all.memory.output, 5 * 8);
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryBlock,
                         testing::ValuesIn(BlockPart::Names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace caldera::vit
