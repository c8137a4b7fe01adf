#include "data/formats/list_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/file_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST(ListFolder, SortsByKindAndName) {
  const std::string folder = base::NewFolder("kinds");
  for (const char* name :
       {"b.jpg", "a.JPEG", "B.Png", "c.webp", "d.bmp", "read.me", ".hidden.jpg",
        "e.gif", "f.tif", "g.mov"}) {
    base::WriteFile(folder + "/" + name, "");
  }
  std::filesystem::create_directory(folder + "/zebra");
  std::filesystem::create_directory(folder + "/ant.jpg");
  std::filesystem::create_directory(folder + "/.git");
  const auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->folders, ElementsAre("ant.jpg", "zebra"));
  EXPECT_THAT(listing->images, ElementsAre("B.Png", "a.JPEG", "b.jpg", "c.webp",
                                           "d.bmp", "e.gif", "f.tif"));
  EXPECT_THAT(listing->others, ElementsAre("g.mov", "read.me"));
}

TEST(ListFolder, PassesOverWhatSystemsLeave) {
  const std::string folder = base::NewFolder("litter");
  for (const char* name : {"Thumbs.db", "desktop.ini", ".DS_Store", "._a.jpg",
                           "Icon\r", "a.jpg", "a.jpg.part"}) {
    base::WriteFile(folder + "/" + name, "");
  }
  for (const char* name :
       {"__MACOSX", "@eaDir", "lost+found", "#recycle", "$RECYCLE.BIN",
        "System Volume Information", ".ipynb_checkpoints", "@home"}) {
    std::filesystem::create_directory(folder + "/" + name);
  }
  const auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->folders, ElementsAre("@home"));
  EXPECT_THAT(listing->images, ElementsAre("a.jpg"));
  EXPECT_THAT(listing->others, ElementsAre("a.jpg.part"));
}

TEST(ListFolder, AFileWithoutAnEndingIsAnImageIfItBeginsLikeOne) {
  const std::string folder = base::NewFolder("no_ending");
  const std::string jpeg = "\xff\xd8\xff\xe0 and so on";
  base::WriteFile(folder + "/photo", jpeg);
  base::WriteFile(folder + "/Dr. Who and friends", jpeg);
  base::WriteFile(folder + "/README", "BMP files are not meant by this");
  base::WriteFile(folder + "/empty", "");
  base::WriteFile(folder + "/photo.txt", jpeg);
  base::WriteFile(folder + "/photo.png", "whatever is in it");
  const auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->images,
              ElementsAre("Dr. Who and friends", "photo", "photo.png"));
  EXPECT_THAT(listing->others, ElementsAre("README", "empty", "photo.txt"));
}

TEST(ListFolder, OpensTheFirstHundredOfManyImagesWithoutAnEnding) {
  const std::string folder = base::NewFolder("many_without");
  const std::string jpeg = "\xff\xd8\xff\xe0";
  for (int i = 100; i < 250; ++i) {
    base::WriteFile(folder + "/" + std::to_string(i), jpeg);
  }
  base::WriteFile(folder + "/z", "another kind");  // the last one
  EXPECT_EQ(ListFolder(folder)->images.size(), 151);
  base::WriteFile(folder + "/0", "another kind");  // the first one
  EXPECT_THAT(ListFolder(folder)->others, ElementsAre("0", "z"));
}

TEST(ListFolder, FollowsLinksOnceAndTellsBrokenOnes) {
  const std::string folder = base::NewFolder("links");
  std::filesystem::create_symlink(folder, folder + "/up");
  std::filesystem::create_symlink(folder + "/x.jpg", folder + "/x.jpg");
  base::WriteFile(folder + "/a.jpg", "");
  std::filesystem::create_symlink(folder + "/a.jpg", folder + "/b.jpg");
  auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->folders, ElementsAre("up"));
  EXPECT_THAT(listing->images, ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(listing->broken_links, ElementsAre("x.jpg"));
  EXPECT_TRUE(RefuseBrokenFolders(folder, *listing).ok());
  std::filesystem::create_symlink(folder + "/nowhere", folder + "/n.txt");
  EXPECT_THAT(ListFolder(folder)->others, ElementsAre("n.txt"));
  for (const char* target : {"loop", "nowhere"}) {
    std::filesystem::create_symlink(folder + "/" + target, folder + "/loop");
    listing = ListFolder(folder);
    ASSERT_TRUE(listing.ok()) << listing.status();
    EXPECT_THAT(
        std::string(RefuseBrokenFolders(folder, *listing).message()),
        StartsWith(folder + "/loop: a symbolic link that leads nowhere or"));
    std::filesystem::remove(folder + "/loop");
  }
}

TEST(ListFolder, APipeIsNoImage) {
  const std::string folder = base::NewFolder("pipes");
  ASSERT_EQ(mkfifo((folder + "/a.jpg").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((folder + "/a").c_str(), 0600), 0);
  const auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->others, ElementsAre("a", "a.jpg"));
}

TEST(ListFolder, NamesAFolderThatIsNotThere) {
  const std::string folder = base::NewFolder("gone") + "/none";
  const auto listing = ListFolder(folder);
  EXPECT_EQ(listing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(listing.status().message()),
              StartsWith(folder + ": cannot list the folder"));
}

}  // namespace
}  // namespace caldera::data
