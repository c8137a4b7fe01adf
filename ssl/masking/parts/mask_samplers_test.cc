// Tests what every sampler promises and what is particular to each.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

int64_t NumMasks(const MaskingSpec& spec) {
  const auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  return (*sampler)->num_masks();
}

std::vector<MaskingSpec> AllSpecs() {
  std::vector<MaskingSpec> specs(8);
  specs[1].mutable_random();
  specs[2].mutable_block();
  specs[3].mutable_grid();
  specs[4].mutable_complement();
  specs[5].mutable_color();
  specs[6].mutable_partition();
  specs[7].mutable_disjoint_block();
  return specs;
}

Mask Sample(const MaskingSpec& spec, const vit::Grid& grid, double ratio,
            const at::Tensor& index, const base::Streams& streams = {1, 7}) {
  const auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_TRUE(sampler.ok()) << sampler.status();
  EXPECT_TRUE((*sampler)->Check(grid, ratio).ok());
  return (*sampler)->Sample({grid, ratio, streams, index, {}});
}

TEST(MaskSamplers, KeepTheExactNumberAndAgreeWithThemselves) {
  for (const MaskingSpec& spec : AllSpecs()) {
    SCOPED_TRACE(spec.ShortDebugString());
    const int64_t k = NumMasks(spec);
    const Mask mask = Sample(spec, {8, 6}, 0.75, at::arange(40, at::kLong));
    EXPECT_EQ(mask.ids_keep.sizes(), (at::IntArrayRef{40 * k, 12}));
    EXPECT_EQ(mask.ids_remove.sizes(), (at::IntArrayRef{40 * k, 36}));
    EXPECT_TRUE(mask.mask.sum(1).equal(36 * at::ones({40 * k})));
    EXPECT_EQ(mask.mask.gather(1, mask.ids_keep).sum().item<double>(), 0);
    // ids_restore undoes the order of (kept, removed).
    const at::Tensor order = at::cat({mask.ids_keep, mask.ids_remove}, 1);
    EXPECT_TRUE(order.gather(1, mask.ids_restore)
                    .equal(at::arange(48, at::kLong).expand({40 * k, 48})));
  }
}

// Thread slices and ranks hold other rows of a batch, in other places.
TEST(MaskSamplers, AMaskBelongsToTheSampleNotToItsPlace) {
  for (const MaskingSpec& spec : AllSpecs()) {
    SCOPED_TRACE(spec.ShortDebugString());
    const int64_t k = NumMasks(spec);
    const vit::Grid grid{4, 4};
    const at::Tensor a =
        Sample(spec, grid, 0.75, at::tensor({5, 9, 2}, at::kLong)).mask;
    const at::Tensor b =
        Sample(spec, grid, 0.75, at::tensor({9, 5}, at::kLong)).mask;
    EXPECT_TRUE(a.slice(0, 0, k).equal(b.slice(0, k, 2 * k)));
    EXPECT_TRUE(a.slice(0, k, 2 * k).equal(b.slice(0, 0, k)));
  }
}

TEST(MaskSamplers, AnotherStepDrawsAnotherMask) {
  for (const MaskingSpec& spec : AllSpecs()) {
    if (spec.has_grid()) continue;  // draws nothing
    SCOPED_TRACE(spec.ShortDebugString());
    const at::Tensor index = at::arange(8, at::kLong);
    EXPECT_FALSE(
        Sample(spec, {4, 4}, 0.75, index, {1, 7})
            .mask.equal(Sample(spec, {4, 4}, 0.75, index, {1, 8}).mask));
  }
}

// The test draws 4 of 16 patches 64,000 times.
TEST(RandomMask, KeepsEveryPatchEquallyOften) {
  const Mask mask =
      Sample({}, {4, 4}, 0.75, at::arange(64000, at::kLong), {3, 0});
  const at::Tensor share = (1 - mask.mask).mean(0);  // [16]
  // Standard deviation of a share: sqrt(.25 * .75 / 64000) = 0.0017.
  EXPECT_LT((share - 0.25).abs().max().item<double>(), 4 * 0.0017);
}

// Neighbours of a removed patch are removed more often than by chance.
TEST(BlockMask, RemovesRegionsNotScatteredPatches) {
  const auto clustering = [](const MaskingSpec& spec) {
    const at::Tensor removed =
        Sample(spec, {14, 14}, 0.5, at::arange(200, at::kLong))
            .mask.view({200, 14, 14});
    return (removed.slice(2, 0, 13) * removed.slice(2, 1))
               .sum()
               .item<double>() /
           removed.slice(2, 0, 13).sum().item<double>();
  };
  MaskingSpec block;
  block.mutable_block();
  EXPECT_NEAR(clustering({}), 0.5, 0.02);  // chance
  EXPECT_GT(clustering(block), 0.7);
}

TEST(BlockMask, ReachesTheNumberOnGridsSmallerThanABlock) {
  MaskingSpec spec;
  spec.mutable_block()->set_min_share(1);
  for (const double ratio : {0.1, 0.5, 0.9}) {
    const Mask mask = Sample(spec, {3, 5}, ratio, at::arange(20, at::kLong));
    EXPECT_EQ(mask.ids_keep.size(1), NumKept(15, ratio));
  }
}

TEST(GridMask, KeepsOneOfEachCell) {
  MaskingSpec spec;
  spec.mutable_grid();
  const Mask mask = Sample(spec, {4, 6}, 0.75, at::arange(3, at::kLong));
  EXPECT_TRUE(
      mask.ids_keep[2].equal(at::tensor({0, 2, 4, 12, 14, 16}, at::kLong)));
}

TEST(GridMask, NamesTheRatiosThatFit) {
  MaskingSpec spec;
  spec.mutable_grid();
  const auto sampler = MaskSamplerPart::Create(spec);
  const absl::Status ratio = (*sampler)->Check({12, 12}, 0.7);
  EXPECT_THAT(std::string(ratio.message()), HasSubstr("0.7 is not 1 - 1/s^2"));
  EXPECT_THAT(std::string(ratio.message()), HasSubstr("0.75 or 0.888889"));
  EXPECT_FALSE((*sampler)->Check({7, 7}, 0.75).ok());
}

TEST(ComplementMask, SharesNoVisiblePatchOrElseNoRemovedOne) {
  MaskingSpec spec;
  spec.mutable_complement();
  for (const double ratio : {0.25, 0.5, 0.75}) {
    const at::Tensor mask =
        Sample(spec, {4, 4}, ratio, at::arange(50, at::kLong))
            .mask.view({50, 2, 16});
    const at::Tensor removed = mask.sum(1);  // [50, 16], how often
    EXPECT_EQ(removed.min().item<double>(), ratio < 0.5 ? 0 : 1);
    EXPECT_EQ(removed.max().item<double>(), ratio > 0.5 ? 2 : 1);
  }
  const at::Tensor index = at::arange(5, at::kLong);
  EXPECT_TRUE(Sample(spec, {4, 4}, 0.75, index)
                  .mask.view({5, 2, 16})
                  .select(1, 0)
                  .equal(Sample({}, {4, 4}, 0.75, index).mask));
}

TEST(PartitionMask, ShowsEveryPatchInOneMask) {
  for (const int64_t parts : {2, 3, 4, 16}) {
    MaskingSpec spec;
    spec.mutable_partition()->set_parts(static_cast<int32_t>(parts));
    // The ratio is just below 1 - 1/K, which no double equals for K = 3.
    const double ratio = 1 - 1 / static_cast<double>(parts) - 1e-9;
    const at::Tensor index = at::arange(30, at::kLong);
    const at::Tensor mask =
        Sample(spec, {4, 12}, ratio, index).mask.view({30, parts, 48});
    EXPECT_TRUE((1 - mask).sum(1).equal(at::ones({30, 48})));
    EXPECT_TRUE(
        mask.select(1, 0).equal(Sample({}, {4, 12}, ratio, index).mask));
  }
}

TEST(PartitionMask, NamesBothFieldsWherePartsDoNotAddUp) {
  MaskingSpec spec;
  spec.mutable_partition();
  const auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_FALSE((*sampler)->takes_any_ratio());
  EXPECT_THAT(std::string((*sampler)->Check({7, 7}, 0.75).message()),
              HasSubstr("0.75 keeps 12 of 49 patches, but "
                        "masking.partition.parts: 4 of them are 48; no ratio "
                        "fits a grid of 7 x 7"));
  EXPECT_THAT(std::string((*sampler)->Check({8, 8}, 0.5).message()),
              HasSubstr("0.5 keeps 32 of 64 patches, but "
                        "masking.partition.parts: 4 of them are 128; choose a "
                        "ratio that keeps 16"));
  spec.mutable_partition()->set_parts(1);
  EXPECT_THAT(std::string(MaskSamplerPart::Create(spec).status().message()),
              HasSubstr("partition.parts: 1 is not in [2, 1024]"));
}

// Together the two masks remove min(2 r, 1) of the patches, the most possible.
TEST(DisjointBlockMask, OverlapsAsLittleAsTheRatioAllows) {
  MaskingSpec spec;
  spec.mutable_disjoint_block();
  for (const double ratio : {0.1, 0.25, 0.4, 0.5, 0.625, 0.75}) {
    const at::Tensor mask =
        Sample(spec, {6, 8}, ratio, at::arange(50, at::kLong))
            .mask.view({50, 2, 48});
    const int64_t removed = 48 - NumKept(48, ratio);
    EXPECT_TRUE(mask.amax(1).sum(1).equal(
        static_cast<double>(std::min<int64_t>(2 * removed, 48)) *
        at::ones({50})));
  }
}

// No more cells are touched than the removed patches need: at most one cell is
// removed in part.
TEST(DisjointBlockMask, RemovesWholeCells) {
  MaskingSpec spec;
  spec.mutable_disjoint_block()->set_cell(2);
  for (const double ratio : {0.5, 0.6, 0.75}) {
    const at::Tensor cells =
        Sample(spec, {4, 8}, ratio, at::arange(30, at::kLong))
            .mask.view({60, 2, 2, 4, 2})
            .sum({2, 4})
            .flatten(1);  // [60, 8], removed patches of each cell
    const int64_t removed = 32 - NumKept(32, ratio);
    EXPECT_TRUE((cells == 4).sum(1).eq(removed / 4).all().item<bool>());
    EXPECT_TRUE((cells > 0).sum(1).eq((removed + 3) / 4).all().item<bool>());
  }
  // With cells of one patch the masks are ComplementMask's.
  spec.mutable_disjoint_block()->set_cell(1);
  MaskingSpec complement;
  complement.mutable_complement();
  const at::Tensor index = at::arange(5, at::kLong);
  EXPECT_TRUE(Sample(spec, {4, 4}, 0.75, index)
                  .mask.equal(Sample(complement, {4, 4}, 0.75, index).mask));
}

TEST(DisjointBlockMask, NamesBothFieldsWhereCellsDoNotTileTheGrid) {
  MaskingSpec spec;
  spec.mutable_disjoint_block();
  const auto sampler = MaskSamplerPart::Create(spec);
  EXPECT_THAT(std::string((*sampler)->Check({7, 7}, 0.6).message()),
              HasSubstr("0.6 applies to a grid of 7 x 7 patches, which "
                        "masking.disjoint_block.cell: 2 does not divide"));
  spec.mutable_disjoint_block()->set_cell(0);
  EXPECT_THAT(std::string(MaskSamplerPart::Create(spec).status().message()),
              HasSubstr("disjoint_block.cell: 0 is not at least 1"));
}

TEST(MaskSamplerPart, RefusesWhatHasNoMeaning) {
  MaskingSpec spec;
  spec.mutable_block()->set_min_share(0);
  EXPECT_THAT(std::string(MaskSamplerPart::Create(spec).status().message()),
              HasSubstr("block.min_share: 0 is not in (0, 1]"));
  spec.mutable_block()->set_min_share(0.5);
  spec.mutable_block()->set_min_aspect(1.5);
  EXPECT_THAT(std::string(MaskSamplerPart::Create(spec).status().message()),
              HasSubstr("block.min_aspect: 1.5"));
}

TEST(MaskSampler, RefusesRatiosThatLeaveNothing) {
  const auto random = MaskSamplerPart::Create({});
  const MaskSampler& sampler = **random;
  EXPECT_THAT(std::string(sampler.Check({4, 4}, 0.95).message()),
              HasSubstr("0.95 keeps 0 of 16 patches"));
  EXPECT_THAT(std::string(sampler.Check({4, 4}, 0).message()),
              HasSubstr("keeps 16 of 16"));
  EXPECT_FALSE(sampler.Check({4, 4}, 1).ok());
  EXPECT_FALSE(sampler.Check({4, 4}, -0.1).ok());
}

}  // namespace
}  // namespace caldera::ssl
