#include "data/loader/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

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

TEST(ShardedEpochOrder, IsAPermutation) {
  const std::vector<std::vector<int64_t>> cases = {
      {}, {0}, {1}, {0, 3, 0, 5}, {100, 1, 250}};
  for (const std::vector<int64_t>& shards : cases) {
    for (const int64_t buffer : {1, 2, 50, 1000}) {
      std::vector<int64_t> order = ShardedEpochOrder(shards, buffer, 1, 2);
      ASSERT_EQ(order.size(),
                std::accumulate(shards.begin(), shards.end(), int64_t{0}));
      std::sort(order.begin(), order.end());
      for (int64_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
    }
  }
}

TEST(ShardedEpochOrder, DiffersByEpochAndSeedOnly) {
  const std::vector<int64_t> shards(20, 10);
  EXPECT_EQ(ShardedEpochOrder(shards, 30, 1, 2),
            ShardedEpochOrder(shards, 30, 1, 2));
  EXPECT_NE(ShardedEpochOrder(shards, 30, 1, 2),
            ShardedEpochOrder(shards, 30, 1, 3));
  EXPECT_NE(ShardedEpochOrder(shards, 30, 1, 2),
            ShardedEpochOrder(shards, 30, 2, 2));
}

// With a tiny buffer, the files come in random order, each in sequence.
TEST(ShardedEpochOrder, ABufferOfOneReadsFilesInSequence) {
  const std::vector<int64_t> order = ShardedEpochOrder({3, 3, 3, 3}, 1, 1, 0);
  std::vector<int64_t> files;
  for (int64_t i = 0; i < 12; i += 3) {
    EXPECT_EQ(order[i] % 3, 0);
    EXPECT_EQ(order[i + 1], order[i] + 1);
    EXPECT_EQ(order[i + 2], order[i] + 2);
    files.push_back(order[i] / 3);
  }
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files, (std::vector<int64_t>{0, 1, 2, 3}));
}

// The image given at step i has been read by then: it is among the first
// i + buffer that the files hold, in the order of the files.
TEST(ShardedEpochOrder, NeverReadsAheadOfItsBuffer) {
  const std::vector<int64_t> shards(10, 20);
  const std::vector<int64_t> sequence = ShardedEpochOrder(shards, 1, 5, 7);
  std::vector<int64_t> place(sequence.size());
  for (int64_t i = 0; i < sequence.size(); ++i) place[sequence[i]] = i;
  const std::vector<int64_t> order = ShardedEpochOrder(shards, 30, 5, 7);
  int64_t furthest = 0;
  for (int64_t i = 0; i < order.size(); ++i) {
    EXPECT_LT(place[order[i]], i + 30);
    furthest = std::max(furthest, place[order[i]] - i);
  }
  EXPECT_GT(furthest, 20);  // and the buffer is used
}

// A buffer that holds all: uniform.
TEST(ShardedEpochOrder, IsUniformWithALargeBuffer) {
  std::map<std::vector<int64_t>, int> count;
  for (int epoch = 0; epoch < 24000; ++epoch) {
    ++count[ShardedEpochOrder({1, 2, 1}, 8, 0, epoch)];
  }
  ASSERT_EQ(count.size(), 24);
  double chi = 0;  // 23 degrees of freedom, as above
  for (const auto& [order, n] : count) chi += (n - 1e3) * (n - 1e3) / 1e3;
  EXPECT_LT(chi, 66);
}

}  // namespace
}  // namespace caldera::data
