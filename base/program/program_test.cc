#include "base/program/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace caldera::base {
namespace {

// Returns the arguments after LetFlagStandAlone("--explain=all").
std::vector<std::string> Rewritten(std::vector<std::string> arguments) {
  static char alone[] = "--explain=all";
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  LetFlagStandAlone(alone, static_cast<int>(argv.size()), argv.data());
  return {argv.begin(), argv.end()};
}

TEST(LetFlagStandAlone, GivesABareFlagItsText) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Rewritten({"program", "--explain"}),
              ElementsAre("program", "--explain=all"));
  EXPECT_THAT(Rewritten({"program", "-explain", "--threads=1"}),
              ElementsAre("program", "--explain=all", "--threads=1"));
}

TEST(LetFlagStandAlone, LeavesEverythingElse) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Rewritten({"program", "--explain=mae", "--spec=a"}),
              ElementsAre("program", "--explain=mae", "--spec=a"));
  EXPECT_THAT(Rewritten({"program", "--explain", "mae"}),
              ElementsAre("program", "--explain", "mae"));
  EXPECT_THAT(Rewritten({"--explain", "explain", "--explained", ""}),
              ElementsAre("--explain", "explain", "--explained", ""));
}

}  // namespace
}  // namespace caldera::base
