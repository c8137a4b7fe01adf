#include "vit/ops/gather_rows.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

TEST(GatherRows, PicksRows) {
  const at::Tensor rows = Normal({2, 6, 3}, 0);
  const at::Tensor ids = at::tensor({4, 4, 0, 2}, at::kLong).view({2, 2});
  const at::Tensor out = GatherRows(rows, ids);
  const at::Tensor one = GatherRows(rows.slice(0, 0, 1), ids);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t k = 0; k < 2; ++k) {
      const auto id = ids[b][k].item<int64_t>();
      EXPECT_TRUE(at::equal(out[b][k], rows[b][id]));
      EXPECT_TRUE(at::equal(one[b][k], rows[0][id]));
    }
  }
}

}  // namespace
}  // namespace caldera::vit
