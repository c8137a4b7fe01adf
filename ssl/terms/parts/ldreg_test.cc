// Compares the estimate with a loop and with known dimensions, and tests its
// gradient.
#include "ssl/terms/parts/ldreg.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

std::vector<double> SlowLogDimensions(const at::Tensor& f, int64_t k) {
  std::vector<double> out;
  for (int64_t i = 0; i < f.size(0); ++i) {
    std::vector<double> distances;
    for (int64_t j = 0; j < f.size(0); ++j) {
      if (j != i) distances.push_back((f[i] - f[j]).norm().item<double>());
    }
    std::sort(distances.begin(), distances.end());
    double sum = 0;
    for (int64_t j = 0; j < k - 1; ++j) sum += distances[j];
    const double mean = sum / static_cast<double>(k - 1);
    out.push_back(std::log(mean / (distances[k - 1] - mean)));
  }
  return out;
}

TEST(LogLocalDimension, EqualsTheLoop) {
  const at::Tensor f = vit::Normal({12, 5}, 1);
  for (const int64_t k : {2, 5, 11}) {
    const std::vector<double> expected = SlowLogDimensions(f, k);
    // An offset and a scale change nothing.
    for (const at::Tensor& same : {f, 3 * f + 100}) {
      const at::Tensor got = LogLocalDimension(same, k, true);
      for (int64_t i = 0; i < 12; ++i) {
        EXPECT_NEAR(got[i].item<double>(), expected[i], 1e-9);
      }
    }
  }
  EXPECT_TRUE(
      LogLocalDimension(f, 11, true).equal(LogLocalDimension(f, 64, true)));
}

// For Gaussians of d dimensions, rotated into 64, the geometric mean of the
// estimates is d within 10 %.
TEST(LogLocalDimension, IsThatOfGaussians) {
  for (const int64_t d : {2, 4, 8}) {
    const at::Tensor turn = vit::Normal({d, 64}, 5);
    const at::Tensor f = vit::Normal({4000, d}, 6).matmul(turn);
    const at::Tensor flat = LogLocalDimension(f.to(at::kFloat), 32, true);
    const double dimension = std::exp(flat.mean().item<double>());
    EXPECT_NEAR(dimension, static_cast<double>(d), 0.1 * d);
  }
}

TEST(LogLocalDimension, GradientIsTheDerivative) {
  at::Tensor f = vit::Normal({12, 3}, 2).requires_grad_();
  vit::ExpectGradients([&] { return LogLocalDimension(f, 8, false).sum(); },
                       {{"features", f}});
}

// The gradient with detached neighbours is that of a sample whose neighbours do
// not move.
TEST(LogLocalDimension, DetachedNeighboursStayWhereTheyAre) {
  const at::Tensor f = vit::Normal({6, 3}, 3);
  at::Tensor leaf = f.clone().requires_grad_();
  LogLocalDimension(leaf, 4, true).sum().backward();
  const double h = 1e-6;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 3; ++j) {
      // The moved sample's own estimate; the floor's scale does not enter.
      const auto own = [&](double step) {
        at::Tensor moved = f.clone();
        moved[i][j] += step;
        return SlowLogDimensions(moved, 4)[i];
      };
      EXPECT_NEAR(leaf.grad()[i][j].item<double>(),
                  (own(h) - own(-h)) / (2 * h), 1e-6);
    }
  }
}

TEST(LogLocalDimension, CopiesAreFinite) {
  at::Tensor half = vit::Normal({4, 5}, 4).to(at::kFloat);
  for (const at::Tensor& f :
       {at::ones({6, 5}), at::zeros({6, 5}), at::cat({half, half, half}),
        at::cat({at::ones({5, 5}), half})}) {
    for (const bool detach : {false, true}) {
      at::Tensor leaf = f.clone().requires_grad_();
      const at::Tensor logs = LogLocalDimension(leaf, 3, detach);
      logs.sum().backward();
      EXPECT_TRUE(logs.isfinite().all().item<bool>());
      EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
    }
  }
  EXPECT_EQ(
      LogLocalDimension(at::ones({6, 5}), 3, true).abs().max().item<float>(),
      0);
  EXPECT_EQ(LogLocalDimension(half.slice(0, 0, 2), 3, true).sizes(),
            (at::IntArrayRef{2}));
}

TEST(LdRegLoss, IsMinusTheMeanAndNamesTheDimension) {
  StepContext context;
  context.latent = vit::Normal({9, 3, 5}, 1);  // [B, 1 + Nv, D]
  AuxiliaryLossSpec spec;
  spec.mutable_ldreg()->set_neighbors(4);
  const auto loss = MakeAuxiliaryLoss(spec, {});
  ASSERT_TRUE(loss.ok()) << loss.status();
  const AuxiliaryOutput out = (*loss)->Compute(context, true);
  const double mean = LogLocalDimension(context.latent.select(1, 0), 4, true)
                          .mean()
                          .item<double>();
  EXPECT_EQ(out.value.item<double>(), -mean);
  ASSERT_EQ(out.diagnostics.size(), 1);
  EXPECT_EQ(out.diagnostics[0].first, "dimension");
  EXPECT_NEAR(out.diagnostics[0].second, std::exp(mean), 1e-12);
  spec.mutable_ldreg()->set_neighbors(1);
  EXPECT_THAT(std::string(MakeAuxiliaryLoss(spec, {}).status().message()),
              testing::StartsWith("ldreg.neighbors: 1 is not at least 2; an"));
}

TEST(LdRegLoss, ReadsBothViewsWhereAskedFor) {
  StepContext context;
  context.embeddings = {vit::Normal({7, 5}, 1), vit::Normal({7, 5}, 2)};
  AuxiliaryLossSpec spec;
  spec.mutable_ldreg()->set_neighbors(4);
  spec.mutable_ldreg()->set_both_views(true);
  EXPECT_THAT(std::string(MakeAuxiliaryLoss(spec, {}).status().message()),
              testing::StartsWith("ldreg.both_views: the method has no two"));
  ModelSizes sizes;
  sizes.views = 2;
  const auto loss = MakeAuxiliaryLoss(spec, sizes);
  ASSERT_TRUE(loss.ok()) << loss.status();
  EXPECT_FALSE((*loss)->request().latent);
  EXPECT_TRUE((*loss)->request().embeddings);
  double sum = 0;  // each of the 14 has its neighbours among all of them
  for (const double log : SlowLogDimensions(at::cat(context.embeddings), 4)) {
    sum += log;
  }
  EXPECT_NEAR((*loss)->Compute(context, false).value.item<double>(), -sum / 14,
              1e-9);
}

}  // namespace
}  // namespace caldera::ssl
