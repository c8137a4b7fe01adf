#include "data/sets/hold_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"

namespace caldera::data {
namespace {

using testing::HasSubstr;

// A folder of files with different bytes.
ImageGroup Write(const std::string& folder, int first, int count) {
  std::filesystem::create_directories(folder);
  ImageGroup group{folder, {}, -1};
  for (int i = first; i < first + count; ++i) {
    group.files.push_back(absl::StrCat(i, ".jpg"));
    base::WriteFile(absl::StrCat(folder, "/", i, ".jpg"),
                    absl::StrCat(folder, i));
  }
  return group;
}

std::set<std::string> Names(const std::vector<ImageGroup>& groups) {
  std::set<std::string> names;
  for (const ImageGroup& group : groups) {
    for (const std::string& file : group.files) {
      EXPECT_TRUE(names.insert(group.folder + "/" + file).second);
    }
  }
  return names;
}

TEST(HoldOutImages, TakesItsShareAndKeepsTheRest) {
  const std::string root = base::NewFolder("share");
  const auto sides =
      HoldOutImages({Write(root, 0, 300), Write(root + "/b", 0, 300)}, root,
                    /*share=*/0.2);
  ASSERT_TRUE(sides.ok()) << sides.status();
  const auto kept = Names(sides->kept), held = Names(sides->held_out);
  EXPECT_EQ(kept.size() + held.size(), 600);
  EXPECT_NEAR(held.size(), 120, 40);  // four standard deviations
  for (const std::string& name : held) EXPECT_EQ(kept.count(name), 0);
}

TEST(HoldOutImages, AnImageStaysOnItsSideWhenOthersCome) {
  const std::string root = base::NewFolder("stays");
  const auto before = HoldOutImages({Write(root, 0, 100)}, root, 0.2);
  const auto after = HoldOutImages({Write(root, 0, 200)}, root, 0.2);
  ASSERT_TRUE(before.ok() && after.ok());
  const auto now = Names(after->held_out);
  for (const std::string& name : Names(before->held_out)) {
    EXPECT_EQ(now.count(name), 1) << name;
  }
}

// Where the folder was moved to does not matter.
TEST(HoldOutImages, ReadsPathsBelowTheRoot) {
  const std::string one = base::NewFolder("root_1"),
                    two = base::NewFolder("root_2");
  const auto here = HoldOutImages({Write(one, 0, 50)}, one, 0.3);
  const auto there = HoldOutImages({Write(two, 0, 50)}, two, 0.3);
  ASSERT_TRUE(here.ok() && there.ok());
  ASSERT_EQ(here->held_out.size(), 1);
  EXPECT_EQ(here->held_out[0].files, there->held_out[0].files);
}

TEST(HoldOutImages, CopiesAndLinksCountOnce) {
  const std::string root = base::NewFolder("copies");
  ImageGroup photos = Write(root, 0, 40);
  ImageGroup copies{root + "/copies", {}, -1};
  std::filesystem::create_directories(copies.folder);
  for (int i = 0; i < 40; ++i) {
    const std::string name = absl::StrCat(i, ".jpg");
    copies.files.push_back("of_" + name);
    const std::string copy = copies.folder + "/of_" + name;
    if (i % 2 == 0) {
      std::filesystem::copy_file(root + "/" + name, copy);
    } else {
      std::filesystem::create_symlink(root + "/" + name, copy);
    }
  }
  const auto sides = HoldOutImages({photos, copies}, root, 0.25);
  ASSERT_TRUE(sides.ok()) << sides.status();
  EXPECT_EQ(sides->copies.size(), 40);
  EXPECT_EQ(Names(sides->kept).size() + Names(sides->held_out).size(), 40);
  for (const std::string& name : Names(sides->held_out)) {
    EXPECT_THAT(name, testing::Not(HasSubstr("/of_")));
  }
}

TEST(HoldOutImages, TwoAreHeldOutOfFew) {
  const std::string root = base::NewFolder("few");
  const auto sides = HoldOutImages({Write(root, 0, 5)}, root, /*share=*/1e-6);
  ASSERT_TRUE(sides.ok()) << sides.status();
  EXPECT_EQ(Names(sides->held_out).size(), 2);
  EXPECT_EQ(Names(sides->kept).size(), 3);
}

TEST(HoldOutImages, ThreeImagesAreTooFew) {
  const std::string root = base::NewFolder("too_few");
  const auto sides = HoldOutImages({Write(root, 0, 3)}, root, 0.1);
  ASSERT_FALSE(sides.ok());
  EXPECT_THAT(std::string(sides.status().message()),
              testing::StartsWith("held_out_share: " + root +
                                  " has 3 different images, too few"));
}

}  // namespace
}  // namespace caldera::data
