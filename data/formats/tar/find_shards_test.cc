#include "data/formats/tar/find_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;

std::string Folder(const std::string& name,
                   const std::vector<std::string>& files) {
  const std::string root = base::NewFolder("find_shards_" + name);
  for (const std::string& file : files) {
    const std::string path = root + "/" + file;
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    base::WriteFile(path, "");
  }
  return root;
}

// Returns the splits as "train: names".
std::vector<std::string> Splits(const std::string& root) {
  const auto found = FindShards(root);
  EXPECT_TRUE(found.ok()) << found.status();
  std::vector<std::string> texts;
  for (const ShardSplit& split : found->splits) {
    EXPECT_TRUE(split.status.ok()) << split.status;
    texts.push_back(SplitName(split.split) + ":");
    for (const std::string& name : split.names) {
      absl::StrAppend(&texts.back(), " ", name);
    }
  }
  return texts;
}

TEST(FindShards, FindsFoldersOfSplits) {
  const std::string root =
      Folder("folders", {"train/1.tar", "train/0.tar", "train/sub/2.TAR",
                         "train/notes.txt", "val/0.tar", "classes.txt"});
  EXPECT_THAT(Splits(root),
              ElementsAre("train: 0.tar 1.tar sub/2.TAR", "test: 0.tar"));
  EXPECT_EQ(FindShards(root)->splits[0].folder, root + "/train");
  EXPECT_EQ(FindShards(root)->splits[0].not_read.Text(), "1 .txt");
  EXPECT_THAT(Splits(Folder("flat", {"b.tar", "a.tar", "classes.txt"})),
              ElementsAre("train: a.tar b.tar"));
}

TEST(FindShards, NamesOfShardsTellTheSplits) {
  EXPECT_THAT(
      Splits(
          Folder("names", {"train-000.tar", "train-001.tar", "val-000.tar"})),
      ElementsAre("train: train-000.tar train-001.tar", "test: val-000.tar"));
  EXPECT_THAT(
      Splits(Folder("three", {"set1k-Train-0.tar", "set1k-validation-0.tar",
                              "set1k-test.0.tar", "list.csv"})),
      ElementsAre("train: set1k-Train-0.tar", "test: set1k-test.0.tar",
                  "validation: set1k-validation-0.tar"));
  EXPECT_THAT(Splits(Folder("digits", {"train2017.tar", "val2017.tar"})),
              ElementsAre("train: train2017.tar", "test: val2017.tar"));
  EXPECT_THAT(Splits(Folder("below", {"a/train_0.tar", "b/test_0.tar"})),
              ElementsAre("train: a/train_0.tar", "test: b/test_0.tar"));
  // One that tells none, or no other split: all are for training.
  EXPECT_THAT(
      Splits(Folder("mixed", {"train-0.tar", "val-0.tar", "more-0.tar"})),
      ElementsAre("train: more-0.tar train-0.tar val-0.tar"));
  EXPECT_THAT(Splits(Folder("one", {"val-0.tar", "val-1.tar"})),
              ElementsAre("train: val-0.tar val-1.tar"));
  EXPECT_THAT(Splits(Folder("words", {"trains-0.tar", "value-0.tar"})),
              ElementsAre("train: trains-0.tar value-0.tar"));
}

// An archive was unpacked into a folder of its own.
TEST(FindShards, EntersASingleFolder) {
  const std::string root =
      Folder("single", {"a/b/train/0.tar", "a/b/val/0.tar", "a/b/classes.txt",
                        "a/b/list.csv", "a/b/docs/about.txt"});
  EXPECT_THAT(Splits(root), ElementsAre("train: 0.tar", "test: 0.tar"));
  const auto found = FindShards(root);
  EXPECT_EQ(found->root, root + "/a/b");
  EXPECT_EQ(found->splits[0].not_read.Text(root),
            "1 .csv, 1 .txt, 1 folder without images (a/b/docs)");
  EXPECT_EQ(found->splits[1].not_read.Text(), "");
}

TEST(FindShards, ALinkToAFolderAboveIsNoCircle) {
  const std::string root = Folder("circle", {"sub/0.tar", "two/1.tar"});
  std::filesystem::create_directory_symlink(root, root + "/sub/up");
  EXPECT_THAT(Splits(root), ElementsAre("train: sub/0.tar two/1.tar"));
  EXPECT_TRUE(*HoldsShards(root));
}

TEST(FindShards, TellsShardsFromImages) {
  const auto holds = [](const std::vector<std::string>& files) {
    return *HoldsShards(Folder("holds", files));
  };
  EXPECT_TRUE(holds({"0.tar"}));
  EXPECT_TRUE(holds({"train/0.tar"}));
  EXPECT_TRUE(holds({"train/a/0.tar", "train/b/1.tar", "val/0.tar"}));
  EXPECT_TRUE(holds({"0.tar", "extra/notes.txt"}));
  EXPECT_FALSE(holds({"notes.txt"}));
  EXPECT_FALSE(holds({"backup.tar", "cat/0.jpg"}));
  EXPECT_FALSE(holds({"2020/backup.tar", "2021/0.jpg"}));
  EXPECT_FALSE(holds({"0.tar", "0.jpg"}));
}

}  // namespace
}  // namespace caldera::data
