// Compares how often patches stay, and which are removed, with the formulas and
// a loop.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

std::unique_ptr<MaskSampler> Sampler(const MaskingSpec& spec) {
  auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  return *std::move(sampler);
}

std::unique_ptr<MaskSampler> Scored() {
  MaskingSpec spec;
  spec.mutable_scored();
  return Sampler(spec);
}

std::unique_ptr<MaskSampler> Hard(double share) {
  MaskingSpec spec;
  spec.mutable_hard()->mutable_hard_share()->set_constant(share);
  return Sampler(spec);
}

// Two of three patches stay: the formula adds both orders of two draws without
// replacement.
TEST(ScoredMask, DrawsInProportionWithoutReplacement) {
  const int64_t images = 60000;
  const std::vector<double> p = {0.125, 0.25, 0.625};
  const at::Tensor scores = 8 * at::tensor(p, at::kDouble).expand({images, 3});
  const Mask mask = Scored()->Sample(
      {{1, 3}, 0.3, {3, 0}, at::arange(images, at::kLong), scores});
  ASSERT_EQ(mask.ids_keep.size(1), 2);
  const at::Tensor removed = mask.mask.mean(0);
  const at::Tensor first = at::cat({(mask.ids_keep.slice(1, 0, 1) == 0),
                                    (mask.ids_keep.slice(1, 0, 1) == 1),
                                    (mask.ids_keep.slice(1, 0, 1) == 2)},
                                   1)
                               .to(at::kDouble)
                               .mean(0);
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t j = (i + 1) % 3, k = (i + 2) % 3;
    const double gone = p[j] * p[k] / (1 - p[j]) + p[k] * p[j] / (1 - p[k]);
    EXPECT_NEAR(first[i].item<double>(), p[i],
                4 * std::sqrt(p[i] * (1 - p[i]) / images));
    EXPECT_NEAR(removed[i].item<double>(), gone,
                4 * std::sqrt(gone * (1 - gone) / images));
  }
}

TEST(ScoredMask, EqualScoresAreRandomAndZeroOnesStayLast) {
  const at::Tensor index = at::arange(500, at::kLong);
  at::Tensor scores = at::ones({500, 16});
  scores.slice(1, 3, 6).zero_();
  const Mask mask = Scored()->Sample({{4, 4}, 0.25, {1, 2}, index, scores});
  EXPECT_EQ(mask.mask.slice(1, 3, 6).sum().item<double>(), 500 * 3);
  EXPECT_EQ(mask.mask.sum().item<double>(), 500 * 4);
}

// Does what the authors' loop over images does.
TEST(HardMask, RemovesTheHardestAndOthersAtRandom) {
  const int64_t images = 200, n = 16;
  const at::Tensor scores = at::randn({images, n}, at::kDouble);
  for (const double ratio : {0.5, 0.75}) {
    const int64_t removed = n - NumKept(n, ratio);
    for (const double share : {0.0, 0.3, 0.5, 1.0}) {
      const at::Tensor mask = Hard(share)
                                  ->Sample({{4, 4},
                                            ratio,
                                            {1, 2},
                                            at::arange(images, at::kLong),
                                            scores})
                                  .mask;
      EXPECT_TRUE((mask.sum(1) == removed).all().item<bool>());
      const auto hard =
          static_cast<int64_t>(static_cast<double>(removed) * share);
      at::Tensor others = at::zeros({}, at::kDouble);
      for (int64_t b = 0; b < images; ++b) {
        const at::Tensor order = scores[b].argsort(0, /*descending=*/true);
        for (int64_t i = 0; i < hard; ++i) {
          EXPECT_EQ(mask[b][order[i]].item<double>(), 1);
        }
        // Neither the easiest nor the next hardest patches are preferred.
        others += mask[b]
                      .index_select(0, order.slice(0, hard, (n + hard) / 2))
                      .sum() -
                  mask[b]
                      .index_select(0, order.slice(0, n - (n - hard) / 2, n))
                      .sum();
      }
      // The sum has fewer than 200 * 16 draws of deviation below 1/2.
      EXPECT_LT(std::abs(others.item<double>()), 4 * 0.5 * std::sqrt(3200));
    }
  }
}

TEST(HardMask, WithoutAShareIsRandom) {
  const at::Tensor index = at::arange(20, at::kLong);
  const at::Tensor scores = at::randn({20, 16});
  const MaskRequest request{{4, 4}, 0.75, {5, 6}, index, scores};
  EXPECT_TRUE(
      Hard(0)->Sample(request).mask.equal(Sampler({})->Sample(request).mask));
}

TEST(HardMask, TheShareRisesToAHalf) {
  MaskingSpec spec;
  spec.mutable_hard();
  const auto sampler = Sampler(spec);
  RunPosition at;
  at.run.total_steps = 100;
  for (const auto& [step, hard] :
       {std::pair<int64_t, int64_t>(0, 0), {50, 3}, {100, 6}}) {
    at.step = step;
    sampler->BeforeStep(at);
    const auto draws = sampler->Draw(
        {{4, 4}, 0.75, {1, 2}, at::arange(2, at::kLong), at::ones({2, 16})});
    EXPECT_EQ(draws.num_scored[1].item<int64_t>(), hard) << step;
  }
}

TEST(HardMask, RefusesSharesThatAreNone) {
  MaskingSpec spec;
  spec.mutable_hard()->mutable_hard_share()->set_constant(1.5);
  EXPECT_THAT(std::string(MaskSamplerPart::Create(spec).status().message()),
              HasSubstr("hard.hard_share.constant: 1.5"));
}

// Draw on the host and Finish elsewhere give the masks of Sample.
TEST(MaskSampler, TwoHalvesAreTheWhole) {
  const MaskRequest request{
      {4, 4}, 0.75, {5, 6}, at::arange(6, at::kLong), at::randn({6, 16}).exp()};
  MaskingSpec partition;
  partition.mutable_partition();
  std::vector<std::unique_ptr<MaskSampler>> samplers;
  samplers.push_back(Scored());
  samplers.push_back(Hard(0.5));
  samplers.push_back(Sampler({}));
  samplers.push_back(Sampler(partition));
  for (const auto& sampler : samplers) {
    const Mask whole = sampler->Sample(request);
    const Mask halves =
        sampler->Finish(sampler->Draw(request), request.scores, 4);
    EXPECT_TRUE(whole.ids_keep.equal(halves.ids_keep));
    EXPECT_TRUE(whole.ids_remove.equal(halves.ids_remove));
    EXPECT_TRUE(whole.ids_restore.equal(halves.ids_restore));
    EXPECT_TRUE(whole.mask.equal(halves.mask));
  }
}

}  // namespace
}  // namespace caldera::ssl
