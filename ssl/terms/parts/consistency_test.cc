// Compares the term with loops over images, pairs of masks and patches.
#include "ssl/terms/parts/consistency.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "ssl/terms/auxiliary_loss.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kImages = 2, kMasks = 3, kPatches = 6, kNumbers = 4;

// Mask k of an image keeps patches 2 k and 2 k + 1.
Mask Parts() {
  const at::Tensor order = at::arange(kPatches, at::kLong).view({kMasks, 2});
  Mask mask;
  mask.ids_keep = order.repeat({kImages, 1});  // [B*K, 2]
  mask.mask = at::ones({kImages * kMasks, kPatches});
  mask.mask.scatter_(1, mask.ids_keep, 0);
  mask.ids_remove = mask.mask.nonzero().select(1, 1).view({-1, 4});
  return mask;
}

double SlowInconsistency(const at::Tensor& p, const at::Tensor& mask) {
  double sum = 0, count = 0;
  for (int64_t b = 0; b < kImages; ++b) {
    for (int64_t i = b * kMasks; i < (b + 1) * kMasks; ++i) {
      for (int64_t j = i + 1; j < (b + 1) * kMasks; ++j) {
        for (int64_t n = 0; n < kPatches; ++n) {
          if (mask[i][n].item<double>() * mask[j][n].item<double>() == 0) {
            continue;
          }
          sum += (p[i][n] - p[j][n]).abs().sum().item<double>();
          count += kNumbers;
        }
      }
    }
  }
  return sum / count;
}

TEST(Inconsistency, EqualsTheLoop) {
  const at::Tensor p = vit::Normal({kImages * kMasks, kPatches, kNumbers}, 1);
  const Mask mask = Parts();
  EXPECT_NEAR(Inconsistency(p, mask.mask, kMasks).item<double>(),
              SlowInconsistency(p, mask.mask), 1e-14);
}

TEST(Inconsistency, IsZeroForEqualPredictionsAndWhereNoPatchIsShared) {
  const at::Tensor same = vit::Normal({kImages, 1, kPatches, kNumbers}, 2)
                              .expand({kImages, kMasks, kPatches, kNumbers})
                              .reshape({kImages * kMasks, kPatches, kNumbers});
  EXPECT_EQ(Inconsistency(same, Parts().mask, kMasks).item<double>(), 0);
  // The predictions differ only for kept patches, which are not compared.
  const at::Tensor visible =
      same + (1 - Parts().mask).unsqueeze(-1) *
                 vit::Normal({kImages * kMasks, kPatches, kNumbers}, 3);
  EXPECT_EQ(Inconsistency(visible, Parts().mask, kMasks).item<double>(), 0);
  const at::Tensor p = vit::Normal({4, 2, kNumbers}, 4);
  const at::Tensor halves = at::ones({4, 2});
  halves.select(1, 0).slice(0, 0, 4, 2).fill_(0);
  halves.select(1, 1).slice(0, 1, 4, 2).fill_(0);
  EXPECT_EQ(Inconsistency(p, halves, 2).item<double>(), 0);
}

// The paper's two terms, each with one side detached, have together twice the
// value and the same gradient.
TEST(Inconsistency, TwoHalfDetachedTermsHaveTwiceTheValueAndTheSameGradient) {
  const at::Tensor mask = Parts().mask;
  const at::Tensor values =
      vit::Normal({kImages * kMasks, kPatches, kNumbers}, 6);
  const at::Tensor whole = values.clone().requires_grad_();
  const at::Tensor term = Inconsistency(whole, mask, kMasks);
  term.backward();

  const at::Tensor halves = values.clone().requires_grad_();
  const at::Tensor p = halves.view({kImages, kMasks, kPatches, kNumbers});
  const at::Tensor m = mask.to(at::kDouble).view({kImages, kMasks, kPatches});
  at::Tensor sum = p.new_zeros({}), count = p.new_zeros({});
  for (int64_t i = 0; i < kMasks; ++i) {
    for (int64_t j = i + 1; j < kMasks; ++j) {
      const at::Tensor shared =
          (m.select(1, i) * m.select(1, j)).unsqueeze(-1);      // [B, N, 1]
      const at::Tensor a = p.select(1, i), b = p.select(1, j);  // [B, N, T]
      sum = sum +
            (((a - b.detach()).abs() + (a.detach() - b).abs()) * shared).sum();
      count = count + shared.sum() * kNumbers;
    }
  }
  const at::Tensor two = sum / count;
  two.backward();
  EXPECT_NEAR(two.item<double>(), 2 * term.item<double>(), 1e-12);
  EXPECT_TRUE(halves.grad().allclose(whole.grad(), 1e-12, 1e-14));
}

TEST(Inconsistency, GradientIsTheDerivative) {
  at::Tensor p =
      vit::Normal({kImages * kMasks, kPatches, kNumbers}, 5).requires_grad_();
  const Mask mask = Parts();
  vit::ExpectGradients([&] { return Inconsistency(p, mask.mask, kMasks); },
                       {{"prediction", p}});
}

// Decoders predict the removed patches only, or all patches.
TEST(ConsistencyLoss, ReadsBothFormsOfAPrediction) {
  AuxiliaryLossSpec spec;
  spec.mutable_consistency();
  ModelSizes sizes;
  sizes.num_masks = kMasks;
  const auto loss = MakeAuxiliaryLoss(spec, sizes);
  ASSERT_TRUE(loss.ok()) << loss.status();
  StepContext context;
  context.mask = Parts();
  const at::Tensor all = vit::Normal({kImages * kMasks, kPatches, kNumbers}, 6);
  context.prediction = all;
  const at::Tensor expected = (*loss)->Compute(context, false).value;
  EXPECT_EQ(expected.item<double>(),
            Inconsistency(all, context.mask.mask, kMasks).item<double>());
  context.prediction = at::gather(
      all, 1, context.mask.ids_remove.unsqueeze(-1).expand({-1, -1, kNumbers}));
  EXPECT_TRUE((*loss)->Compute(context, false).value.equal(expected));
}

TEST(ConsistencyLoss, RefusesAMethodWithOneMask) {
  AuxiliaryLossSpec spec;
  spec.mutable_consistency();
  ModelSizes sizes;
  const auto error = [&] {
    return std::string(MakeAuxiliaryLoss(spec, sizes).status().message());
  };
  EXPECT_THAT(error(),
              testing::HasSubstr("mae.masking does not apply to this method"));
  sizes.num_masks = 1;
  EXPECT_THAT(error(), testing::StartsWith("consistency: compares"));
  EXPECT_THAT(error(), testing::HasSubstr("mae.masking draws one mask; write "
                                          "mae { masking { partition {} } }"));
}

}  // namespace
}  // namespace caldera::ssl
