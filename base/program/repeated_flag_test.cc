#include "base/program/repeated_flag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::base {
namespace {

using testing::ElementsAre;

std::vector<std::string> Values(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return ValuesOfFlag("vary", static_cast<int>(argv.size()), argv.data());
}

TEST(ValuesOfFlag, AllInTheirOrder) {
  EXPECT_THAT(Values({"--vary=a=1,2", "--out=x", "-vary=b", "--vary", "c=3",
                      "vary=d", "--vary="}),
              ElementsAre("a=1,2", "b", "c=3", ""));
}

TEST(ValuesOfFlag, NoOtherFlag) {
  EXPECT_THAT(Values({"--varying=1", "--novary", "vary=2", "--", "--vary=3"}),
              ElementsAre());
  EXPECT_THAT(Values({"--vary"}), ElementsAre());
}

}  // namespace
}  // namespace caldera::base
