#include "eval/linear/cached_batches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace caldera::eval {
namespace {

std::vector<int64_t> Labels(const FeatureBatches& batches, int64_t steps) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < steps; ++i) {
    const auto batch = batches.next();
    EXPECT_TRUE(batch.ok());
    for (int64_t r = 0; r < batch->labels.size(0); ++r) {
      labels.push_back(batch->labels[r].item<int64_t>());
    }
  }
  return labels;
}

// Row i holds (i, i) under the label i.
LabelledFeatures Rows(int64_t n) {
  const at::Tensor index = at::arange(n, at::kLong);
  return {index.to(at::kFloat).unsqueeze(1).repeat({1, 2}), index};
}

TEST(CachedBatches, AnEpochVisitsEachChosenRowAtMostOnce) {
  const std::vector<int64_t> rows = {0, 2, 4, 6, 8, 10, 12};
  const LabelledFeatures data = Rows(14);
  const FeatureBatches batches =
      CachedBatches({data, {data.features * 2, data.labels}}, rows, 3, 1);
  ASSERT_EQ(batches.steps_per_epoch, 2);
  const auto batch = batches.next();
  EXPECT_TRUE(
      at::equal(batch->features[0].select(1, 1), batch->labels.to(at::kFloat)));
  EXPECT_TRUE(at::equal(batch->features[1], 2 * batch->features[0]));
  const std::vector<int64_t> rest = Labels(batches, 1);  // of the first epoch
  std::set<int64_t> seen(rest.begin(), rest.end());
  for (int64_t r = 0; r < 3; ++r) {
    seen.insert(batch->labels[r].item<int64_t>());
  }
  EXPECT_EQ(seen.size(), 6);
  for (const int64_t row : seen) EXPECT_EQ(row % 2, 0);
}

TEST(CachedBatches, EpochsAreShuffledAnewAndSeedsRepeat) {
  const auto make = [](uint64_t seed) {
    std::vector<int64_t> rows(20);
    for (int64_t i = 0; i < 20; ++i) rows[i] = i;
    return CachedBatches({Rows(20)}, rows, 5, seed);
  };
  const FeatureBatches first = make(1);
  const std::vector<int64_t> epoch0 = Labels(first, 4);
  EXPECT_NE(Labels(first, 4), epoch0);
  EXPECT_EQ(Labels(make(1), 4), epoch0);
  EXPECT_NE(Labels(make(2), 4), epoch0);
}

}  // namespace
}  // namespace caldera::eval
