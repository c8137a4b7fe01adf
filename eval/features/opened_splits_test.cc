#include "eval/features/opened_splits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"

namespace caldera::eval {
namespace {

data::DataSpec Spec(const std::string& folder) {
  data::DataSpec spec;
  spec.set_dataset(folder);
  return spec;
}

TEST(OpenSplits, OpensWhatIsThere) {
  const std::string folder = base::NewFolder("both");
  data::WriteIdxSet(folder, "train", 6, 4, 4);
  data::WriteIdxSet(folder, "t10k", 3, 4, 4);
  const OpenedSplits splits = OpenSplits(Spec(folder));
  ASSERT_NE(splits.train, nullptr) << splits.why_no_train;
  ASSERT_NE(splits.test, nullptr) << splits.why_no_test;
  EXPECT_EQ(splits.test->size(), 3);
  EXPECT_EQ(splits.validation, nullptr);
  EXPECT_TRUE(absl::IsNotFound(splits.why_no_validation));
  EXPECT_EQ(splits.why_no_validation.message(),
            folder + " has no validation split");
  EXPECT_EQ(splits.All().size(), 2);
}

TEST(OpenSplits, WhatIsOpenIsNotOpenedAgain) {
  const std::string folder = base::NewFolder("known");
  data::WriteIdxSet(folder, "train", 6, 4, 4);
  data::WriteIdxSet(folder, "t10k", 3, 4, 4);
  const DatasetPointer test = OpenSplits(Spec(folder)).test;
  data::DataSpec spec = Spec(folder);
  spec.set_split("test");
  const OpenedSplits splits = OpenSplits(spec, test);
  EXPECT_EQ(splits.test, test);
  EXPECT_EQ(splits.train->size(), 6);
}

TEST(OpenSplits, ADamagedSplitCostsItselfAlone) {
  const std::string folder = base::NewFolder("damaged_test");
  data::WriteIdxSet(folder, "train", 6, 4, 4);
  data::WriteIdxSet(folder, "t10k", 3, 4, 4);
  base::WriteFile(folder + "/t10k-images-idx3-ubyte", "no images");
  const OpenedSplits splits = OpenSplits(Spec(folder));
  EXPECT_NE(splits.train, nullptr);
  EXPECT_EQ(splits.test, nullptr);
  EXPECT_FALSE(absl::IsNotFound(splits.why_no_test));
  EXPECT_THAT(std::string(splits.why_no_test.message()),
              testing::HasSubstr("t10k-images-idx3-ubyte"));
}

TEST(OpenSplits, NoSetAtAllIsSaidOfEachSplit) {
  const OpenedSplits splits = OpenSplits(Spec("/no/such"));
  EXPECT_TRUE(splits.All().empty());
  EXPECT_EQ(splits.why_no_test, splits.why_no_train);
}

}  // namespace
}  // namespace caldera::eval
