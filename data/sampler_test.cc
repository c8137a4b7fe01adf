#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace caldera::data {
namespace {

TEST(EpochOrder, IsAPermutation) {
  for (const int64_t size : {0, 1, 2, 1000}) {
    std::vector<int64_t> order = EpochOrder(size, 1, 2);
    ASSERT_EQ(order.size(), size);
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < size; ++i) EXPECT_EQ(order[i], i);
  }
}

TEST(EpochOrder, DiffersByEpochAndSeedOnly) {
  EXPECT_EQ(EpochOrder(100, 1, 2), EpochOrder(100, 1, 2));
  EXPECT_NE(EpochOrder(100, 1, 2), EpochOrder(100, 1, 3));
  EXPECT_NE(EpochOrder(100, 1, 2), EpochOrder(100, 2, 2));
}

TEST(EpochOrder, IsUniform) {
  std::map<std::vector<int64_t>, int> count;
  for (int epoch = 0; epoch < 24000; ++epoch) ++count[EpochOrder(4, 0, epoch)];
  ASSERT_EQ(count.size(), 24);
  // Chi-square with 23 degrees of freedom: 66 is p = 5e-6.
  double chi = 0;
  for (const auto& [order, n] : count) chi += (n - 1e3) * (n - 1e3) / 1e3;
  EXPECT_LT(chi, 66);
}

// From a second implementation, in Python. A change here changes what every
// seed trains on.
TEST(EpochOrder, KnownAnswer) {
  EXPECT_EQ(EpochOrder(10, 42, 3),
            (std::vector<int64_t>{8, 6, 4, 5, 7, 2, 3, 0, 9, 1}));
}

}  // namespace
}  // namespace caldera::data
