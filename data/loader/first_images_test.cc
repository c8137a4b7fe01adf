#include "data/loader/first_images.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "data/sets/dataset_testing.h"

namespace caldera::data {
namespace {

TEST(FirstImages, AreTheFirst) {
  const auto set = std::make_shared<MadeUpDataset>(9, 1, 4, 4);
  const auto batch = FirstImages(set, 3, 4, LoaderSpec::FAIL);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(at::equal(batch->index, at::tensor({0, 1, 2}, at::kLong)));
  EXPECT_TRUE(batch->views[0][2].equal(*set->Image(2)));
  EXPECT_EQ(FirstImages(set, 12, 4, LoaderSpec::FAIL)->index.size(0), 9);
}

TEST(FirstImages, UnderSkipAreTheFirstThatCanBeRead) {
  const auto set = std::make_shared<MadeUpDataset>(9, 1, 4, 4);
  set->bad_image = 1;
  EXPECT_FALSE(FirstImages(set, 3, 4, LoaderSpec::FAIL).ok());
  const auto batch = FirstImages(set, 3, 4, LoaderSpec::SKIP);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(at::equal(batch->index, at::tensor({0, 2, 3}, at::kLong)));
  EXPECT_EQ(batch->views[0].size(0), 3);
  EXPECT_EQ(batch->plans[0].size(), 3);
  EXPECT_EQ(FirstImages(set, 9, 4, LoaderSpec::SKIP)->index.size(0), 8);
}

TEST(FirstImages, ADiskThatFailsIsAnError) {
  const auto set = std::make_shared<MadeUpDataset>(5000, 1, 4, 4);
  set->all_bad_but = 4999;
  EXPECT_EQ(FirstImages(set, 3, 4, LoaderSpec::SKIP).status().message(),
            "made_up: none of the first 300 images can be read");
}

}  // namespace
}  // namespace caldera::data
