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

TEST(PathProblem, SaysWhatIsWrong) {
  const std::string folder = NewFolder("problems");
  EXPECT_EQ(PathProblem(folder), "");
  EXPECT_EQ(PathProblem(folder + "/"), "");
  EXPECT_EQ(PathProblem(folder + "/no"), "No such file or directory");
  EXPECT_EQ(PathProblem(""), "No such file or directory");
  EXPECT_EQ(PathProblem(folder + "/" + std::string(300, 'x')),
            "File name too long");
  EXPECT_EQ(
      PathProblem(folder + std::string(3000, '/') + std::string(3000, '.')),
      "File name too long");
  WriteFile(folder + "/file", "x");
  EXPECT_EQ(PathProblem(folder + "/file/in"), "Not a directory");
  std::filesystem::create_symlink("/gone", folder + "/link");
  for (const char* path : {"/link", "/link/deep/er", "/./link/.."}) {
    EXPECT_THAT(PathProblem(folder + path),
                HasSubstr("/link is a link to /gone, which is not there"));
  }
  std::filesystem::create_symlink("loop", folder + "/loop");
  EXPECT_EQ(PathProblem(folder + "/loop"), "Too many levels of symbolic links");
  EXPECT_THAT(PathProblem("~no such user"), HasSubstr("there is no user"));
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
