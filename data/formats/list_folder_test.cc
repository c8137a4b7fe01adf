#include "data/formats/list_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

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

TEST(ListFolder, FollowsLinksOnceAndRefusesBrokenOnes) {
  const std::string folder = base::NewFolder("links");
  std::filesystem::create_symlink(folder, folder + "/up");
  std::filesystem::create_symlink(folder + "/x.jpg", folder + "/x.jpg");
  const auto listing = ListFolder(folder);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->folders, ElementsAre("up"));
  EXPECT_THAT(listing->images, ElementsAre("x.jpg"));
  for (const char* target : {"loop", "nowhere"}) {
    std::filesystem::create_symlink(folder + "/" + target, folder + "/loop");
    EXPECT_THAT(std::string(ListFolder(folder).status().message()),
                StartsWith(folder + "/loop: a symbolic link that leads"));
    std::filesystem::remove(folder + "/loop");
  }
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
