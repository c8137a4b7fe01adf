#include "data/formats/find_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

// Returns the paths of what FindImages returns, without `root`.
std::vector<std::string> Found(const std::string& root, NotRead* not_read) {
  const auto images = FindImages(root, not_read);
  EXPECT_TRUE(images.ok()) << images.status();
  std::vector<std::string> paths;
  if (!images.ok()) return paths;
  for (const FolderImages& group : *images) {
    EXPECT_FALSE(group.files.empty());
    for (const std::string& name : group.files) {
      paths.push_back((group.folder + "/" + name).substr(root.size() + 1));
    }
  }
  EXPECT_EQ(*HoldsImages(root), !paths.empty());
  return paths;
}

TEST(FindImages, GoesDownInTheOrderOfNames) {
  const std::string root = base::NewFolder("deep");
  for (const char* name : {"b/2.jpg", "b/1.jpg", "b/a/z/0.png", "b/c.jpg",
                           "a.jpg", "B/1.jpg", "B/notes.txt"}) {
    Touch(root + "/" + name);
  }
  NotRead not_read;
  EXPECT_THAT(Found(root, &not_read),
              ElementsAre("a.jpg", "B/1.jpg", "b/1.jpg", "b/2.jpg", "b/c.jpg",
                          "b/a/z/0.png"));
  EXPECT_EQ(not_read.Text(root), "1 .txt");
}

TEST(FindImages, CountsTheUppermostFolderWithoutImages) {
  const std::string root = base::NewFolder("barren");
  Touch(root + "/1.jpg");
  std::filesystem::create_directories(root + "/old/a/b");
  std::filesystem::create_directories(root + "/old/c");
  std::filesystem::create_directories(root + "/full/none");
  Touch(root + "/full/1.jpg");
  Touch(root + "/labels/a/1.xml");
  Touch(root + "/labels/a/2.xml");
  std::filesystem::create_directories(root + "/__MACOSX/empty");
  NotRead not_read;
  EXPECT_THAT(Found(root, &not_read), ElementsAre("1.jpg", "full/1.jpg"));
  EXPECT_EQ(not_read.Text(root),
            "2 .xml, 2 empty folders (full/none, old), 1 folder without images "
            "(labels)");
  NotRead of_old;
  EXPECT_THAT(Found(root + "/old", &of_old), ElementsAre());
  EXPECT_EQ(of_old.Text(root), "1 empty folder (old)");
}

TEST(FindImages, LinksLeadNeitherInCirclesNorUp) {
  const std::string root = base::NewFolder("circles");
  const std::string elsewhere = base::NewFolder("elsewhere");
  Touch(root + "/cat/1.jpg");
  Touch(root + "/dog/1.jpg");
  Touch(elsewhere + "/2.jpg");
  namespace fs = std::filesystem;
  fs::create_directory_symlink(root, root + "/cat/up");
  fs::create_directory_symlink("/", root + "/cat/top");
  fs::create_directory_symlink(".", root + "/cat/self");
  fs::create_directory_symlink(elsewhere, root + "/cat/x");
  fs::create_directory_symlink(elsewhere, root + "/cat/y");  // the same again
  fs::create_directory_symlink(root + "/cat", elsewhere + "/back");
  NotRead not_read;
  EXPECT_THAT(Found(root + "/cat", &not_read), ElementsAre("1.jpg", "x/2.jpg"));
  EXPECT_EQ(not_read.Text(root), "5 links to a folder that is read already");
  NotRead of_up;  // as a class of its own
  EXPECT_THAT(Found(root + "/cat/up", &of_up), ElementsAre());
  EXPECT_EQ(of_up.Text(root),
            "1 link to a folder that is read already (cat/up)");
}

// Each level has two links to the next one: 2^30 ways to the last.
TEST(FindImages, ManyWaysToAFolderAreOne) {
  const std::string root = base::NewFolder("ways");
  for (int i = 0; i < 30; ++i) {
    const std::string here = root + "/" + std::to_string(i);
    std::filesystem::create_directories(here);
    for (const char* name : {"/a", "/b"}) {
      std::filesystem::create_directory_symlink(
          root + "/" + std::to_string(i + 1), here + name);
    }
  }
  Touch(root + "/30/1.jpg");
  NotRead not_read;
  EXPECT_EQ(Found(root + "/0", &not_read).size(), 1);
}

TEST(FindImages, TakesAPathWithASlashAtItsEnd) {
  const std::string root = base::NewFolder("slash");
  Touch(root + "/1.jpg");
  EXPECT_TRUE(*HoldsImages(root + "/"));
  NotRead not_read;
  EXPECT_EQ(FindImages(root + "/", &not_read)->size(), 1);
}

TEST(FindImages, NamesTheFolderThatCannotBeRead) {
  const std::string root = base::NewFolder("unreadable");
  Touch(root + "/1.jpg");
  const std::string folder = root + "/deep/secret";
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  NotRead not_read;
  const auto images = FindImages(root, &not_read);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  if (geteuid() == 0) return;  // who may read everything
  EXPECT_EQ(images.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(images.status().message()),
              StartsWith(folder + ": cannot list the folder"));
}

TEST(LeaveOut, CountsImagesToo) {
  const std::string root = base::NewFolder("left_out");
  Touch(root + "/a/1.jpg");
  Touch(root + "/2.jpg");
  Touch(root + "/2.txt");
  NotRead not_read;
  ASSERT_TRUE(LeaveOut(root, &not_read).ok());
  EXPECT_EQ(not_read.Text(root),
            "2 images in another folder (2.jpg, a/1.jpg), 1 .txt");
}

}  // namespace
}  // namespace caldera::data
