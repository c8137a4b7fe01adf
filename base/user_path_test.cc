#include "base/user_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file_testing.h"

namespace caldera::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(UserPath, IsRelativeToWhereTheUserIs) {
  setenv("BUILD_WORKING_DIRECTORY", "/home/user", 1);
  EXPECT_EQ(UserPath("runs/a"), "/home/user/runs/a");
  EXPECT_EQ(UserPath("/abs/olute"), "/abs/olute");
  EXPECT_EQ(UserPath(""), "");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("runs/a"), "runs/a");
}

TEST(UserPath, ExpandsTheHomeFolder) {
  setenv("HOME", "/home/me", 1);
  setenv("BUILD_WORKING_DIRECTORY", "/elsewhere", 1);
  EXPECT_EQ(UserPath("~"), "/home/me");
  EXPECT_EQ(UserPath("~/"), "/home/me/");
  EXPECT_EQ(UserPath("~/a b/~"), "/home/me/a b/~");
  EXPECT_EQ(UserPath("./~"), "/elsewhere/./~");
  EXPECT_EQ(UserPath("a~/b"), "/elsewhere/a~/b");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(ExpandHome("~/a"), "/home/me/a");
  EXPECT_EQ(ExpandHome("a/~"), "a/~");
  EXPECT_EQ(UnknownHome("~/a"), "");
}

TEST(UserPath, AsksTheSystemWithoutHOME) {
  const passwd* me = getpwuid(getuid());
  if (me == nullptr) GTEST_SKIP() << "this user is in no list";
  const std::string home = me->pw_dir, name = me->pw_name;
  unsetenv("HOME");
  EXPECT_EQ(UserPath("~/a"), home + "/a");
  setenv("HOME", "", 1);
  EXPECT_EQ(UserPath("~/a"), home + "/a");
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(UserPath("~" + name + "/a"), home + "/a");
}

TEST(UserPath, LeavesAnUnknownUserAndSaysSo) {
  EXPECT_EQ(UserPath("~no such user/a"), "~no such user/a");
  EXPECT_EQ(UnknownHome("~no such user/a"),
            "there is no user \"no such user\"; write ./~no such user/a for a "
            "folder of that name");
  EXPECT_EQ(UnknownHome("a/~no such user"), "");
  EXPECT_EQ(UnknownHome(""), "");
}

TEST(SplitPaths, KeepsTheCommasOfNamesThatExist) {
  EXPECT_THAT(SplitPaths("runs/a,runs/b"), ElementsAre("runs/a", "runs/b"));
  EXPECT_THAT(SplitPaths("a"), ElementsAre("a"));
  EXPECT_THAT(SplitPaths("a,"), ElementsAre("a", ""));
  const std::string folder = NewFolder("commas");
  for (const char* name : {"/a", "/lr=1,wd=2"}) {
    std::filesystem::create_directories(folder + name);
  }
  const std::string odd = folder + "/lr=1,wd=2", plain = folder + "/a";
  EXPECT_THAT(SplitPaths(odd), ElementsAre(odd));
  EXPECT_THAT(SplitPaths(plain + "," + odd + ",x"),
              ElementsAre(plain, odd, "x"));
}

}  // namespace
}  // namespace caldera::base
