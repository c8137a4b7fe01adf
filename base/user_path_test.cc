#include "base/user_path.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace caldera::base {
namespace {

TEST(UserPath, IsRelativeToWhereTheUserIs) {
  setenv("BUILD_WORKING_DIRECTORY", "/home/user", 1);
  EXPECT_EQ(UserPath("runs/a"), "/home/user/runs/a");
  EXPECT_EQ(UserPath("/abs/olute"), "/abs/olute");
  EXPECT_EQ(UserPath(""), "");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("runs/a"), "runs/a");
}

}  // namespace
}  // namespace caldera::base
