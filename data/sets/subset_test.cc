#include "data/sets/subset.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

class Sharded : public MadeUpDataset {
 public:
  Sharded() : MadeUpDataset(9, 1, 2, 2) {}
  std::vector<int64_t> shards() const override { return {4, 2, 3}; }
};

TEST(Subset, GivesTheBasesImages) {
  const auto base = std::make_shared<MadeUpDataset>(9, 1, 2, 2);
  const auto subset = Subset(base, {7, 2});
  ASSERT_EQ(subset->size(), 2);
  EXPECT_TRUE(at::equal(*subset->Image(0), *base->Image(7)));
  EXPECT_TRUE((*subset->Open(1)).get() != nullptr);
  EXPECT_EQ(subset->Label(1), base->Label(2));
  EXPECT_EQ(subset->info().name, "made_up");
  EXPECT_TRUE(subset->shards().empty());
}

TEST(Subset, KnowsThePositionsInTheCompleteSet) {
  const auto base = std::make_shared<MadeUpDataset>(9, 1, 2, 2);
  const auto subset = Subset(Subset(base, {7, 2, 5}), {2, 0});
  EXPECT_EQ(base->OriginalIndex(3), 3);
  EXPECT_EQ(subset->OriginalIndex(0), 5);
  EXPECT_EQ(subset->OriginalIndex(1), 7);
  ASSERT_TRUE(subset->Name(1).ok());
  EXPECT_EQ(subset->Name(1)->path, "train");
  EXPECT_EQ(subset->Name(1)->key, "7");
}

TEST(Subset, KeepsTheSequenceOfFilesWhereRowsAscend) {
  const auto base = std::make_shared<Sharded>();
  EXPECT_EQ(Subset(base, {0, 3, 6, 7, 8})->shards(),
            (std::vector<int64_t>{2, 0, 3}));
  EXPECT_TRUE(Subset(base, {3, 0})->shards().empty());
}

TEST(EvenlySpaced, TakesFromTheWholeSet) {
  const auto base = std::make_shared<MadeUpDataset>(9, 1, 2, 2);
  const auto four = EvenlySpaced(base, 4);  // 0, 2, 4, 6
  ASSERT_EQ(four->size(), 4);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(*four->Image(i), *base->Image(2 * i))) << i;
  }
  EXPECT_EQ(EvenlySpaced(base, 9), base);
  EXPECT_EQ(EvenlySpaced(base, 100), base);
}

TEST(SubsetDeathTest, RowsAreInRange) {
  const auto base = std::make_shared<MadeUpDataset>(9, 1, 2, 2);
  EXPECT_DEATH(Subset(base, {9}), "9 of 9");
}

}  // namespace
}  // namespace caldera::data
