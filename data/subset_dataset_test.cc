#include "data/subset_dataset.h"

#include <memory>

#include "data/dataset_testing.h"
#include "gtest/gtest.h"

namespace caldera::data {
namespace {

TEST(SubsetDataset, HasTheImagesThatItWasGiven) {
  const auto all = std::make_shared<MadeUpDataset>(10, 1, 4, 4);
  all->bad_image = 3;
  const SubsetDataset few(all, {7, 2, 3});
  EXPECT_EQ(few.size(), 3);
  EXPECT_EQ(few.info().name, "made_up");
  EXPECT_TRUE(few.Image(0)->equal(*all->Image(7)));
  EXPECT_TRUE(few.Image(1)->equal(*all->Image(2)));
  EXPECT_EQ(few.Image(2).status(), all->Image(3).status());
  EXPECT_EQ(few.Open(2).status(), all->Open(3).status());
  EXPECT_EQ(few.Label(0), all->Label(7));
  EXPECT_EQ(few.Label(1), all->Label(2));
}

}  // namespace
}  // namespace caldera::data
