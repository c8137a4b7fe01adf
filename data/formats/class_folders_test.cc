#include "data/formats/class_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

void Touch(const std::string& path) {
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  base::WriteFile(path, "");
}

TEST(ReadClassFolders, AFolderThatSaysImagesIsNoClass) {
  const std::string root = base::NewFolder("yolo");
  Touch(root + "/images/1.jpg");
  Touch(root + "/labels/1.txt");
  Touch(root + "/classes.yaml");
  auto found = ReadClassFolders(root, {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root + "/images");
  EXPECT_THAT(found->other_folders, ElementsAre(root + "/labels"));
  EXPECT_THAT(found->other_files, ElementsAre(root + "/classes.yaml"));
  // Unless the training images have a class of that name.
  EXPECT_EQ(ReadClassFolders(root, {"drawings", "images"})->folder, root);
}

TEST(ReadClassFolders, TellsWhichHaveImages) {
  const std::string root = base::NewFolder("classes");
  Touch(root + "/cat/deep/1.jpg");
  Touch(root + "/dog/1.txt");
  Touch(root + "/emu/1.jpg");
  std::filesystem::create_directory(root + "/fox");
  std::filesystem::create_directory_symlink(root, root + "/up");
  const auto found = ReadClassFolders(root, {});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->folder, root);
  EXPECT_THAT(*NonEmptyClasses(*found), ElementsAre("cat", "emu"));
}

TEST(ReadClass, RefusesSplitsBelowAClass) {
  const std::string root = base::NewFolder("splits_below");
  Touch(root + "/bottle/train/good/1.png");
  Touch(root + "/bottle/test/good/1.png");
  NotRead not_read;
  EXPECT_THAT(
      std::string(ReadClass(root + "/bottle", &not_read).status().message()),
      StartsWith(root + "/bottle: holds the splits of a class (test, "
                        "train); put classes into splits"));
  std::filesystem::remove_all(root + "/bottle/test");
  EXPECT_EQ(ReadClass(root + "/bottle", &not_read)->size(), 1);
}

SplitFolders Settled(const std::string& root,
                     const std::vector<std::string>& known = {"a"}) {
  auto folders = FindSplitFolders(root);
  EXPECT_TRUE(folders.ok()) << folders.status();
  EXPECT_TRUE(SettleSplits(known, *folders).ok());
  return *folders;
}

TEST(SettleSplits, ResultsNeedLabels) {
  const std::string root = base::NewFolder("kaggle");
  Touch(root + "/train/a/1.jpg");
  Touch(root + "/val/a/1.jpg");
  Touch(root + "/test/1.jpg");
  const SplitFolders folders = Settled(root);
  EXPECT_EQ(folders.test, root + "/val");
  EXPECT_EQ(folders.unlabeled, root + "/test");
  EXPECT_EQ(SplitNames(folders.splits),
            "train, test, unlabeled, train+unlabeled");
  Touch(root + "/test/a/1.jpg");  // some have labels
  EXPECT_EQ(Settled(root).test, root + "/test");
  EXPECT_EQ(Settled(root).validation, root + "/val");
}

TEST(SettleSplits, WithoutAnyLabelsTestIsTest) {
  const std::string root = base::NewFolder("flat");
  Touch(root + "/train/a/1.jpg");
  Touch(root + "/val/1.jpg");
  EXPECT_EQ(Settled(root).test, root + "/val");
  Touch(root + "/test/1.jpg");
  EXPECT_EQ(Settled(root).test, root + "/test");
  EXPECT_EQ(SplitNames(Settled(root).splits), "train, test, validation");
}

TEST(SettleSplits, AnEmptySplitIsNone) {
  const std::string root = base::NewFolder("empty_split");
  Touch(root + "/train/a/1.jpg");
  std::filesystem::create_directories(root + "/test/a");
  SplitFolders folders = Settled(root);
  EXPECT_EQ(SplitNames(folders.splits), "train");
  EXPECT_THAT(folders.other_folders, ElementsAre(root + "/test"));
  Touch(root + "/val/a/1.jpg");
  folders = Settled(root);
  EXPECT_EQ(folders.test, root + "/val");
  EXPECT_EQ(SplitNames(folders.splits), "train, test");
}

}  // namespace
}  // namespace caldera::data
