// Compares heads behind attention pooling with a loop over images, patches and
// hidden units, and with linear heads where attention is uniform.
#include "eval/linear/attention_heads.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "eval/linear/linear_heads.h"

namespace caldera::eval {
namespace {

constexpr int64_t kImages = 12, kPatches = 5, kWidth = 6, kClasses = 3;

struct Data {
  at::Tensor tokens, labels;  // [B, N, D], [B]
};

Data MakeData(uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return {1 + at::randn({kImages, kPatches, kWidth}, generator, at::kDouble),
          at::randint(0, kClasses, {kImages}, generator, at::kLong)};
}

AttentionPoolingSpec Hidden(int dim) {
  AttentionPoolingSpec spec;
  spec.set_hidden_dim(dim);
  return spec;
}

HeadsOptions Exact(const std::string& optimizer) {
  HeadsOptions options;
  options.optimizer = optimizer;
  options.dtype = at::kDouble;
  options.batch_norm = false;
  return options;
}

// Returns the weight that head `h` gives patch `n` of image `b`, computed one
// number at a time.
double SlowScore(AttentionHeads& heads, const Data& data, int64_t h, int64_t b,
                 int64_t n) {
  const at::Tensor v = heads.parameters()[0].value[h],  // [K, D]
      c = heads.parameters()[1].value[h], w = heads.parameters()[2].value[h];
  double score = 0;
  for (int64_t k = 0; k < v.size(0); ++k) {
    double unit = c[k].item<double>();
    for (int64_t d = 0; d < kWidth; ++d) {
      unit += v[k][d].item<double>() * data.tokens[b][n][d].item<double>();
    }
    score += w[k].item<double>() * std::tanh(unit);
  }
  return score;
}

TEST(AttentionHeads, WeighsPatchesAsTheLoopDoes) {
  const Data data = MakeData(1);
  AttentionHeads heads(kWidth, kClasses, {0, 0}, Hidden(4), Exact("SGD"));
  heads.Step(data.tokens, data.labels, {3, 0.5});  // the heads differ now
  const at::Tensor weights = heads.PatchWeights(data.tokens);  // [B, 2, N]
  const at::Tensor logits = heads.Logits(data.tokens);         // [B, 2, C]
  for (int64_t b = 0; b < kImages; ++b) {
    for (int64_t h = 0; h < 2; ++h) {
      double total = 0;
      std::vector<double> exponentials;
      for (int64_t n = 0; n < kPatches; ++n) {
        exponentials.push_back(std::exp(SlowScore(heads, data, h, b, n)));
        total += exponentials.back();
      }
      at::Tensor pooled = at::zeros({kWidth}, at::kDouble);
      for (int64_t n = 0; n < kPatches; ++n) {
        const double weight = exponentials[n] / total;
        EXPECT_NEAR(weights[b][h][n].item<double>(), weight, 1e-12);
        pooled = pooled + weight * data.tokens[b][n];
      }
      const at::Tensor expected =
          heads.parameters()[3].value[h].matmul(pooled) +
          heads.parameters()[4].value[h];
      EXPECT_LT((logits[b][h] - expected).abs().max().item<double>(), 1e-12);
    }
  }
  EXPECT_GT(
      (weights.select(1, 0) - weights.select(1, 1)).abs().max().item<double>(),
      1e-3);
  EXPECT_LT((weights.sum(2) - 1).abs().max().item<double>(), 1e-12);
}

// With a depth of 1 a patch's score is w^T token, and nothing else.
TEST(AttentionHeads, OfDepthOneScoreLinearly) {
  AttentionPoolingSpec spec;
  spec.set_depth(1);
  const Data data = MakeData(1);
  AttentionHeads heads(kWidth, kClasses, {0, 0}, spec, Exact("SGD"));
  ASSERT_EQ(heads.parameters().size(), 3);  // w, the classifier, its bias
  heads.Step(data.tokens, data.labels, {3, 0.5});
  const at::Tensor weights = heads.PatchWeights(data.tokens);  // [B, 2, N]
  for (int64_t h = 0; h < 2; ++h) {
    const at::Tensor w = heads.parameters()[0].value[h];
    ASSERT_EQ(w.sizes(), (at::IntArrayRef{kWidth}));
    for (int64_t b = 0; b < kImages; ++b) {
      std::vector<double> exponentials;
      double total = 0;
      for (int64_t n = 0; n < kPatches; ++n) {
        double score = 0;
        for (int64_t d = 0; d < kWidth; ++d) {
          score += w[d].item<double>() * data.tokens[b][n][d].item<double>();
        }
        exponentials.push_back(std::exp(score));
        total += exponentials.back();
      }
      for (int64_t n = 0; n < kPatches; ++n) {
        EXPECT_NEAR(weights[b][h][n].item<double>(), exponentials[n] / total,
                    1e-12);
      }
    }
  }
}

// Returns the mean loss of one head at its present weights.
double Loss(const AttentionHeads& heads, const Data& data) {
  return at::cross_entropy_loss(heads.Logits(data.tokens).select(1, 0),
                                data.labels)
      .item<double>();
}

// Plain SGD without momentum moves a weight by minus rate times the gradient.
TEST(AttentionHeads, StepsDownTheDifferenceQuotient) {
  const Data data = MakeData(2);
  HeadsOptions options = Exact("SGD");
  options.momentum = 0;
  for (const int depth : {1, 2}) {
    AttentionPoolingSpec spec = Hidden(3);
    spec.set_depth(depth);
    const auto make = [&] {
      return AttentionHeads(kWidth, kClasses, {0}, spec, options);
    };
    AttentionHeads before = make(), after = make();
    constexpr double kRate = 0.01, kStep = 1e-5;
    after.Step(data.tokens, data.labels, {kRate});
    for (size_t p = 0; p < before.parameters().size(); ++p) {
      const at::Tensor value = before.parameters()[p].value.view({-1});
      const at::Tensor moved = after.parameters()[p].value.reshape({-1});
      for (int64_t i = 0; i < value.numel(); ++i) {
        const double kept = value[i].item<double>();
        value[i].fill_(kept + kStep);
        const double up = Loss(before, data);
        value[i].fill_(kept - kStep);
        const double down = Loss(before, data);
        value[i].fill_(kept);
        EXPECT_NEAR((kept - moved[i].item<double>()) / kRate,
                    (up - down) / (2 * kStep), 1e-8)
            << "depth " << depth << ", parameter " << p << ", number " << i;
      }
    }
  }
}

TEST(AttentionHeads, UniformWeightsAreMeanPooling) {
  for (const auto optimizer : {"SGD", "LARS"}) {
    HeadsOptions options = Exact(optimizer);
    options.batch_norm = true;
    AttentionHeads heads(kWidth, kClasses, {0.1}, Hidden(4), options);
    LinearHeads mean(kWidth, kClasses, {0.1}, options);
    for (int step = 0; step < 3; ++step) {
      heads.parameters()[2].value.zero_();  // w: every score is 0
      const Data data = MakeData(step);
      heads.Step(data.tokens, data.labels, {0.3});
      mean.Step(data.tokens.mean(1), data.labels, {0.3});
    }
    heads.parameters()[2].value.zero_();
    const Data data = MakeData(9);
    const double apart =
        (heads.Logits(data.tokens) - mean.Logits(data.tokens.mean(1)))
            .abs()
            .max()
            .item<double>();
    EXPECT_LT(apart, 1e-12);
  }
}

TEST(AttentionHeads, AHeadDoesNotDependOnTheOthers) {
  const HeadsOptions options = Exact("LARS");
  AttentionHeads one(kWidth, kClasses, {0.01}, {}, options);
  AttentionHeads two(kWidth, kClasses, {0.01, 0.5}, {}, options);
  EXPECT_EQ(one.parameters()[0].value.size(1), kWidth);  // hidden_dim 0
  const Data data = MakeData(3);
  for (int step = 0; step < 3; ++step) {
    one.Step(data.tokens, data.labels, {0.5});
    two.Step(data.tokens, data.labels, {0.5, 1e6});
  }
  const at::Tensor apart = one.Logits(data.tokens).select(1, 0) -
                           two.Logits(data.tokens).select(1, 0);
  EXPECT_LT(apart.abs().max().item<double>(), 1e-12);
  two.parameters()[1].value[1].fill_(NAN);
  EXPECT_TRUE(two.Finite()[0].item<bool>());
  EXPECT_FALSE(two.Finite()[1].item<bool>());
}

// One patch in five carries the class, and a flag says which: the mean of all
// patches hides it among four of noise ten times as large.
TEST(AttentionHeads, FindThePatchThatTells) {
  auto generator = at::detail::createCPUGenerator(5);
  constexpr int64_t kRows = 600;
  const at::Tensor labels =
      at::randint(0, kClasses, {kRows}, generator, at::kLong);
  const at::Tensor where =
      at::randint(0, kPatches, {kRows}, generator, at::kLong);
  at::Tensor tokens = 3 * at::randn({kRows, kPatches, kWidth}, generator);
  for (int64_t b = 0; b < kRows; ++b) {
    at::Tensor patch = tokens[b][where[b].item<int64_t>()];
    patch.fill_(0);
    patch[labels[b].item<int64_t>()].fill_(1);
    tokens[b].select(1, kWidth - 1).fill_(-2);
    patch[kWidth - 1].fill_(2);
  }
  HeadsOptions options;
  options.optimizer = "SGD";
  AttentionHeads attention(kWidth, kClasses, {0}, Hidden(8), options);
  LinearHeads mean(kWidth, kClasses, {0}, options);
  const at::Tensor learned = tokens.slice(0, 0, 400);
  for (int step = 0; step < 300; ++step) {
    attention.Step(learned, labels.slice(0, 0, 400), {0.3});
    mean.Step(learned.mean(1), labels.slice(0, 0, 400), {0.3});
  }
  const at::Tensor rest = tokens.slice(0, 400), truth = labels.slice(0, 400);
  const auto accuracy = [&](const at::Tensor& logits) {
    return logits.select(1, 0).argmax(1).eq(truth).to(at::kDouble).mean();
  };
  EXPECT_GT(accuracy(attention.Logits(rest)).item<double>(), 0.95);
  EXPECT_LT(accuracy(mean.Logits(rest.mean(1))).item<double>(), 0.7);
}

}  // namespace
}  // namespace caldera::eval
