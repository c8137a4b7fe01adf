#include "ssl/train/resume/dataset_record.h"

#include <gtest/gtest.h>

#include "data/sets/dataset_testing.h"

namespace caldera::ssl {
namespace {

using data::MadeUpDataset;

TEST(DatasetRecord, IsThatOfTheImages) {
  const std::string record = DatasetRecord(MadeUpDataset(40, 3, 4, 4));
  EXPECT_EQ(
      DatasetDifference(record, DatasetRecord(MadeUpDataset(40, 3, 4, 4))), "");
  EXPECT_EQ(
      DatasetDifference(record, DatasetRecord(MadeUpDataset(41, 3, 4, 4))),
      "images: 40 -> 41");
  EXPECT_EQ(
      DatasetDifference(record, DatasetRecord(MadeUpDataset(40, 1, 4, 4))),
      "channels: 3 -> 1");
  EXPECT_EQ(
      DatasetDifference(record, DatasetRecord(MadeUpDataset(40, 3, 4, 5))),
      "the pixels of its images");
  EXPECT_EQ(DatasetDifference("{", record), "its record is damaged");
}

TEST(DatasetRecord, OfAnImageThatCannotBeRead) {
  MadeUpDataset bad(40, 3, 4, 4);
  bad.bad_image = 0;
  const std::string record = DatasetRecord(bad);
  EXPECT_EQ(DatasetDifference(record, DatasetRecord(bad)), "");
  EXPECT_EQ(
      DatasetDifference(record, DatasetRecord(MadeUpDataset(40, 3, 4, 4))),
      "the pixels of its images");
}

}  // namespace
}  // namespace caldera::ssl
