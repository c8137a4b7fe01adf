#include "eval/features/class_rank.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::eval {
namespace {

TEST(ClassRank, CountsWhatIsAhead) {
  const at::Tensor scores =
      at::tensor({0.1, 0.9, 0.5, 0.3, 0.2, 0.8}, at::kDouble).view({2, 3});
  EXPECT_TRUE(at::equal(ClassRank(scores, at::tensor({2, 1}, at::kLong)),
                        at::tensor({1, 2}, at::kLong)));
}

TEST(ClassRank, EqualScoresRankByNumber) {
  const at::Tensor scores = at::tensor({1., 1., 1.}, at::kDouble).view({1, 3});
  for (int64_t label = 0; label < 3; ++label) {
    EXPECT_EQ(ClassRank(scores, at::tensor({label}, at::kLong)).item<int64_t>(),
              label);
  }
}

TEST(ClassRank, ADivergedModelHitsNothing) {
  const at::Tensor scores = at::tensor({NAN, NAN}, at::kDouble).view({1, 2});
  EXPECT_GE(ClassRank(scores, at::tensor({0}, at::kLong)).item<int64_t>(), 5);
}

TEST(ClassRank, TakesAnyNumberOfHeads) {
  const at::Tensor scores =
      at::tensor({1., 2., 3., 3., 2., 1.}, at::kDouble).view({1, 2, 3});
  EXPECT_TRUE(
      at::equal(ClassRank(scores, at::tensor({0, 0}, at::kLong).view({1, 2})),
                at::tensor({2, 0}, at::kLong).view({1, 2})));
}

}  // namespace
}  // namespace caldera::eval
