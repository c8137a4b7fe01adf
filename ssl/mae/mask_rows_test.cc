#include "ssl/mae/mask_rows.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(MaskRows, TheMasksOfAnImageFollowEachOther) {
  const at::Tensor images = at::tensor({5, 7}, at::kLong).view({2, 1});
  const at::Tensor rows = RepeatPerMask(images, 3);
  EXPECT_TRUE(
      at::equal(rows, at::tensor({5, 5, 5, 7, 7, 7}, at::kLong).view({6, 1})));
  EXPECT_TRUE(
      at::equal(FirstOfEach(at::arange(6), 2), at::tensor({0, 3}, at::kLong)));
  EXPECT_TRUE(at::equal(FirstOfEach(rows, 2), images));
  EXPECT_TRUE(RepeatPerMask(images, 1).is_same(images));
  EXPECT_TRUE(FirstOfEach(images, 2).is_same(images));
}

TEST(MaskRows, RemovedPatchesAreInTheMasksOrder) {
  Mask mask;
  mask.ids_remove = at::tensor({2, 0, 1, 2}, at::kLong).view({2, 2});
  const at::Tensor patches = at::arange(6).view({2, 3});  // [B, N]
  EXPECT_TRUE(at::equal(Removed(patches, mask),
                        at::tensor({2, 0, 4, 5}, at::kLong).view({2, 2})));
  EXPECT_TRUE(at::equal(Removed(patches.unsqueeze(2), mask),
                        at::tensor({2, 0, 4, 5}, at::kLong).view({2, 2, 1})));
}

TEST(MaskRows, WhatIsUndefinedStaysSo) {
  EXPECT_FALSE(RepeatPerMask({}, 2).defined());
  EXPECT_FALSE(FirstOfEach({}, 2).defined());
  EXPECT_FALSE(Removed({}, {}).defined());
}

}  // namespace
}  // namespace caldera::ssl
