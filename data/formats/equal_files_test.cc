#include "data/formats/equal_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"

namespace caldera::data {
namespace {

using testing::ElementsAre;

TEST(EqualFiles, CopiesAndLinksHaveTheFirstOnesPosition) {
  const std::string folder = base::NewFolder("equal_files");
  const auto write = [&](const std::string& name, const std::string& bytes) {
    base::WriteFile(folder + "/" + name, bytes);
    return folder + "/" + name;
  };
  const std::string a = write("a", "red"), b = write("b", "blue"),
                    copy = write("copy", "red"), same_size = write("c", "rod");
  const std::string link = folder + "/link";
  std::filesystem::create_symlink(b, link);
  EXPECT_THAT(EqualFiles({a, b, same_size, copy, link}),
              ElementsAre(0, 1, 2, 0, 1));
}

TEST(EqualFiles, FilesWithTheSameEndDiffer) {
  const std::string folder = base::NewFolder("same_end");
  const std::string tail(10000, 'x');
  base::WriteFile(folder + "/a", "1" + tail);
  base::WriteFile(folder + "/b", "2" + tail);
  base::WriteFile(folder + "/c", "1" + tail);
  EXPECT_THAT(EqualFiles({folder + "/a", folder + "/b", folder + "/c"}),
              ElementsAre(0, 1, 0));
}

TEST(EqualFiles, WhatCannotBeReadEqualsNothing) {
  const std::string folder = base::NewFolder("unreadable");
  EXPECT_THAT(EqualFiles({folder + "/none", folder + "/nor_this"}),
              ElementsAre(0, 1));
  EXPECT_THAT(EqualFiles({}), ElementsAre());
}

// A threshold takes its share of names that differ in their last digits alone.
TEST(Digest, SpreadsNamesThatFollowEachOther) {
  std::set<uint64_t> digests;
  int below = 0;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t digest = Digest(absl::StrCat("IMG_", i, ".jpg"));
    digests.insert(digest);
    below += digest < UINT64_MAX / 10;
  }
  EXPECT_EQ(digests.size(), 10000);
  EXPECT_NEAR(below, 1000, 120);  // four standard deviations
}

}  // namespace
}  // namespace caldera::data
