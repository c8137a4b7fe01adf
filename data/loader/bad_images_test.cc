#include "data/loader/bad_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/sets/dataset_testing.h"
#include "data/sets/subset.h"

namespace caldera::data {
namespace {

TEST(BadImages, ReportsEachOnce) {
  BadImages bad;
  testing::internal::CaptureStderr();
  for (const int64_t index : {3, 5, 3}) {
    bad.Add(index, absl::DataLossError("image"), "it is left out");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(bad.count(), 2);
  EXPECT_TRUE(bad.Has(5));
  EXPECT_FALSE(bad.Has(4));
  EXPECT_THAT(
      log, testing::HasSubstr("image; skipped, it is left out (1 bad so far)"));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("(3 bad so far)")));
}

TEST(BadImages, TheReadableImagesRemain) {
  const auto set = std::make_shared<MadeUpDataset>(6, 1, 2, 2);
  BadImages bad;
  EXPECT_EQ(WithoutBad(set, bad), set);
  bad.Add(4, absl::DataLossError("image"), "it is left out");
  const auto readable = WithoutBad(set, bad);
  ASSERT_EQ(readable->size(), 5);
  EXPECT_EQ(readable->OriginalIndex(4), 5);
  // Image 4 of the set is image 1 of this part.
  const auto part = WithoutBad(Subset(set, {2, 4}), bad);
  ASSERT_EQ(part->size(), 1);
  EXPECT_EQ(part->OriginalIndex(0), 2);
  const auto other = Subset(set, {0, 1});
  EXPECT_EQ(WithoutBad(other, bad), other);
}

}  // namespace
}  // namespace caldera::data
