#include "data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

using ::testing::HasSubstr;

TEST(Split, NamesAreParsedBack) {
  for (const Split split : {Split::kTrain, Split::kTest, Split::kValidation,
                            Split::kUnlabeled, Split::kTrainUnlabeled}) {
    EXPECT_EQ(*ParseSplit(SplitName(split)), split);
  }
  EXPECT_EQ(SplitName(Split::kTrainUnlabeled), "train+unlabeled");
}

TEST(Split, RefusesOtherNames) {
  const auto split = ParseSplit("trian");
  EXPECT_EQ(split.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(split.status().message(),
            "'trian' is no split; did you mean train? There are train, test, "
            "validation, unlabeled, train+unlabeled");
}

TEST(Split, NamesThoseThereAre) {
  EXPECT_TRUE(
      CheckSplit(Split::kTest, {Split::kTrain, Split::kTest}, "cifar10").ok());
  const absl::Status status =
      CheckSplit(Split::kUnlabeled, {Split::kTrain, Split::kTest}, "cifar10");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "cifar10: has no split unlabeled; choose from train, test");
}

}  // namespace
}  // namespace caldera::data
