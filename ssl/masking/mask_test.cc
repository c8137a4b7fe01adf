#include "ssl/masking/mask.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(NumKept, CountsInDouble) {
  EXPECT_EQ(NumKept(100, 0.9), 9);
  EXPECT_EQ(NumKept(196, 0.75), 49);
  EXPECT_EQ(NumKept(196, 0.95), 9);
  EXPECT_EQ(NumKept(49, 0.75), 12);
  EXPECT_EQ(NumKept(64, 0.9), 6);
}

TEST(MaskFromNoise, KeepsTheLowestAndRestoresTheOrder) {
  const at::Tensor noise = at::tensor({0.9, 0.1, 0.5, 0.3}).unsqueeze(0);
  const Mask mask = MaskFromNoise(noise, 2);
  const auto row = [](at::ArrayRef<int64_t> ids) {
    return at::tensor(ids, at::kLong).unsqueeze(0);
  };
  EXPECT_TRUE(mask.ids_keep.equal(row({1, 3})));
  EXPECT_TRUE(mask.ids_remove.equal(row({2, 0})));
  EXPECT_TRUE(mask.ids_restore.equal(row({3, 0, 2, 1})));
  EXPECT_TRUE(mask.mask.equal(at::tensor({1.f, 0.f, 1.f, 0.f}).unsqueeze(0)));
}

}  // namespace
}  // namespace caldera::ssl
