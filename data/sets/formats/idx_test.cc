#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "data/sets/dataset_format_testing.h"
namespace caldera::data {
namespace {

using ::testing::StartsWith;

absl::StatusOr<std::shared_ptr<const Dataset>> Open(const std::string& folder,
                                                    Split split) {
  DatasetInfo info;
  info.name = folder;
  return OpenAs("idx", folder, split, info);
}

std::string Refusal(const std::string& folder, Split split) {
  const auto dataset = Open(folder, split);
  EXPECT_FALSE(dataset.ok());
  return std::string(dataset.status().message());
}

TEST(IdxDataset, ReadsEachSplit) {
  const std::string folder = base::NewFolder("set");
  WriteIdxSet(folder, "train", 12, 3, 5);
  WriteIdxSet(folder, "t10k", 4, 3, 5);
  const auto test = Open(folder, Split::kTest);
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->size(), 4);
  const auto train = Open(folder, Split::kTrain);
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ((*train)->size(), 12);

  const DatasetInfo& info = (*train)->info();
  EXPECT_EQ(info.name, folder);
  EXPECT_EQ(info.num_classes, 10);
  EXPECT_EQ(info.class_names.size(), 10);
  EXPECT_EQ(SplitNames(info.splits), "train, test");
  EXPECT_EQ(info.channels, 1);
  EXPECT_EQ(info.height, 3);
  EXPECT_EQ(info.width, 5);
  EXPECT_EQ((*train)->Label(11), 1);
  const auto image = (*train)->Image(11);
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->sizes(), (at::IntArrayRef{1, 3, 5}));
  EXPECT_EQ(image->const_data_ptr<uint8_t>()[14], (37 * 11 + 14) % 256);
}

TEST(IdxDataset, NamesTheMissingFile) {
  const std::string folder = base::NewFolder("missing");
  WriteIdxSet(folder, "train", 2, 3, 3);
  EXPECT_THAT(Refusal(folder, Split::kTest),
              StartsWith(folder + ": holds neither t10k-images-idx3-ubyte"));
  EXPECT_THAT(Refusal(folder, Split::kUnlabeled),
              StartsWith(folder + ": has no split unlabeled; choose from "
                                  "train"));
  std::filesystem::remove(folder + "/train-labels-idx1-ubyte");
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(folder + ": holds neither train-labels-idx1-ubyte"));
}

TEST(IdxDataset, RefusesFilesThatDoNotBelongTogether) {
  const std::string folder = base::NewFolder("together");
  const std::string images = folder + "/train-images-idx3-ubyte";
  const std::string labels = folder + "/train-labels-idx1-ubyte";
  WriteIdxSet(folder, "train", 3, 2, 2);
  base::WriteFile(labels, IdxBytes({2}, "\1\2"));
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(labels + ": holds 2 labels for the 3 images of"));
  base::WriteFile(labels, IdxBytes({3}, "\1\x0a\2"));
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(labels + ": label 1 is 10, expected 0 to 9"));
  base::WriteFile(labels, IdxBytes({3, 1}, "\1\1\2"));
  EXPECT_THAT(Refusal(folder, Split::kTrain),
              StartsWith(labels + ": has shape [3, 1], expected 1 dimensions"));
  base::WriteFile(images, IdxBytes({0, 2, 2}, ""));
  EXPECT_THAT(
      Refusal(folder, Split::kTrain),
      StartsWith(images + ": has shape [0, 2, 2] and so holds nothing"));
}

}  // namespace
}  // namespace caldera::data
