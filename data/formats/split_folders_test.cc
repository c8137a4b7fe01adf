#include "data/formats/split_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Makes a folder of that name with these files, and empty folders where a name
// ends in '/'.
std::string Folder(const std::string& name,
                   const std::vector<const char*>& files) {
  const std::string root = base::NewFolder(name);
  for (const char* file : files) {
    const std::filesystem::path path(root + "/" + file);
    std::filesystem::create_directories(path.parent_path());
    if (path.has_filename()) base::WriteFile(path, "");
  }
  return root;
}

// Returns "train=a test=b", the folders of the splits without `root`.
std::string SplitsOf(const std::string& root) {
  const auto found = FindSplitFolders(root);
  if (!found.ok()) return std::string(found.status().message());
  std::string text;
  for (const Split split : found->splits) {
    std::string folder = found->of(split);
    EXPECT_THAT(folder, StartsWith(root));
    folder = folder.size() > root.size() ? folder.substr(root.size() + 1) : ".";
    text += (text.empty() ? "" : " ") + SplitName(split) + "=" + folder;
  }
  return text;
}

TEST(FindSplitFolders, KnowsTheNamesThatPeopleUse) {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{"train/a/1.jpg", "val/a/1.jpg"}, "train=train test=val"},
      {{"train/a/1.jpg", "valid/a/1.jpg"}, "train=train test=valid"},
      {{"Train/a/1.jpg", "Val/a/1.jpg"}, "train=Train test=Val"},
      {{"training/1.jpg", "validation/1.jpg"},
       "train=training test=validation"},
      {{"train/1.jpg", "TEST/1.jpg"}, "train=train test=TEST"},
      {{"train/1.jpg", "dev/1.jpg"}, "train=train test=dev"},
      {{"train/1.jpg", "valid/1.jpg", "test/1.jpg"},
       "train=train test=test validation=valid"},
      {{"valid/1.jpg", "test/1.jpg"}, "test=test validation=valid"},
      {{"train2017/1.jpg", "val2017/1.jpg", "annotations/a.json"},
       "train=train2017 test=val2017"},
      {{"training_set/a/1.jpg", "test_set/a/1.jpg"},
       "train=training_set test=test_set"},
      {{"seg_train/a/1.jpg", "seg_test/a/1.jpg", "seg_pred/1.jpg"},
       "train=seg_train test=seg_test"},
      {{"train/a/1.jpg", "unlabeled/1.jpg"}, "train=train unlabeled=unlabeled"},
      {{"train/a/1.jpg", "train_masks/1.png", "test/a/1.jpg"},
       "train=train test=test"},
      {{"train/0.tar", "val/0.tar"}, "train=train test=val"},
  };
  for (const auto& [files, expected] : cases) {
    EXPECT_EQ(SplitsOf(Folder("names", files)), expected);
  }
}

TEST(FindSplitFolders, ASingleNameIsASplitIfNothingElseIsAClass) {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{"train/a/1.jpg"}, "train=train"},
      {{"train/a/1.jpg", "cover.jpg"}, "train=train"},
      {{"train/a/1.jpg", "labels/1.txt", "__MACOSX/1.jpg"}, "train=train"},
      {{"train/1.jpg", "masks/1.png"}, "train=train"},
      {{"test/1.jpg"}, "test=test"},
      {{"test/1.jpg", "1.jpg"}, "train=."},
      {{"train/1.jpg", "bus/1.jpg"}, "train=."},  // vehicles
      {{"unlabeled/1.jpg", "cat/1.jpg"}, "train=."},
  };
  for (const auto& [files, expected] : cases) {
    EXPECT_EQ(SplitsOf(Folder("single", files)), expected);
  }
}

TEST(FindSplitFolders, GoesIntoTheFolderThatHasEverything) {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{"archive/train/a/1.jpg", "archive/val/a/1.jpg", "README.md"},
       "train=archive/train test=archive/val"},
      {{"data/data/train/a/1.jpg", "data/data/test/a/1.jpg"},
       "train=data/data/train test=data/data/test"},
      {{"images/train/1.jpg", "images/val/1.jpg", "labels/train/1.txt"},
       "train=images/train test=images/val"},
      {{"flower_photos/daisy/1.jpg", "flower_photos/rose/1.jpg"},
       "train=flower_photos"},
      {{"CUB/images/1/1.jpg", "CUB/images/2/1.jpg", "CUB/parts/parts.txt"},
       "train=CUB/images"},
      {{"images/1.jpg", "annotations/trimaps/1.png"}, "train=images"},
      {{"pets/pets/1.jpg"}, "train=pets/pets"},
      // A class, whatever is below it.
      {{"cat/1.jpg"}, "train=."},
      {{"cat/more/1.jpg"}, "train=."},
      {{"cat/1.jpg", "dog/1.jpg"}, "train=."},
      {{"images/1.jpg", "sketches/1.jpg"}, "train=."},
      {{"images/1.jpg", "2.jpg"}, "train=."},
  };
  for (const auto& [files, expected] : cases) {
    EXPECT_EQ(SplitsOf(Folder("inside", files)), expected);
  }
}

TEST(FindSplitFolders, TellsWhatLiesBeside) {
  const std::string root =
      Folder("beside", {"top/train/1.jpg", "top/val/1.jpg", "top/extra/1.jpg",
                        "top/labels.csv", "top/grid.png", "README"});
  const auto found = FindSplitFolders(root);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->other_folders, ElementsAre(root + "/top/extra"));
  EXPECT_THAT(found->other_files,
              ElementsAre(root + "/top/grid.png", root + "/top/labels.csv",
                          root + "/README"));
  const std::string plain = Folder("plain", {"cat/1.jpg", "1.txt"});
  EXPECT_THAT(FindSplitFolders(plain)->other_files, IsEmpty());
}

TEST(FindSplitFolders, RefusesWhatIsUnclear) {
  const std::string two =
      Folder("two", {"train/1.jpg", "val/1.jpg", "valid/1.jpg"});
  EXPECT_EQ(SplitsOf(two), two +
                               ": holds val and valid, two folders of one "
                               "split; keep one, or put one into the other");
  const std::string cases = Folder("cases", {"Train/1.jpg", "train/1.jpg"});
  EXPECT_THAT(SplitsOf(cases), StartsWith(cases + ": holds Train and train"));
  const std::string root = Folder("broken", {"train/1.jpg"});
  std::filesystem::create_symlink(root + "/nowhere", root + "/val");
  EXPECT_THAT(SplitsOf(root),
              StartsWith(root + "/val: a symbolic link that leads nowhere"));
  EXPECT_THAT(SplitsOf(root + "/none"),
              StartsWith(root + "/none: cannot list the folder"));
}

TEST(FindSplitFolders, ALinkUpIsNoWayIn) {
  const std::string root = base::NewFolder("way_up");
  std::filesystem::create_directory_symlink(root, root + "/archive");
  EXPECT_EQ(SplitsOf(root), "train=.");
}

TEST(AreSplitNames, NeedsTrainAndAnother) {
  EXPECT_TRUE(AreSplitNames({"test", "train"}));
  EXPECT_TRUE(AreSplitNames({"good", "test", "train"}));
  EXPECT_FALSE(AreSplitNames({"train"}));
  EXPECT_FALSE(AreSplitNames({"test", "val"}));
  EXPECT_FALSE(AreSplitNames({}));
}

}  // namespace
}  // namespace caldera::data
