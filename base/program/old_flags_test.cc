#include "base/program/old_flags.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

DEFINE_string(run, "", "a run folder");
DEFINE_string(out, "", "what is written");
DEFINE_string(input, "", "a flag that still has the old name");
DEFINE_string(checkpoint, "", "weights");

namespace caldera::base {
namespace {

using testing::ElementsAre;

struct Outcome {
  std::vector<std::string> arguments;
  std::string said;
};

Outcome Renamed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStderr();
  RenameOldFlags(static_cast<int>(argv.size()), argv.data());
  return {{argv.begin() + 1, argv.end()},
          testing::internal::GetCapturedStderr()};
}

TEST(RenameOldFlags, TakesTheOldNameAndSaysTheNewOne) {
  const Outcome outcome =
      Renamed({"--run_dir=a=b", "-output", "page.html", "--run=c"});
  EXPECT_THAT(outcome.arguments,
              ElementsAre("--run=a=b", "--out", "page.html", "--run=c"));
  EXPECT_EQ(outcome.said,
            "note: --run_dir is called --run here\n"
            "note: --output is called --out here\n");
}

TEST(RenameOldFlags, SaysANameOnce) {
  EXPECT_EQ(Renamed({"--runs=a", "--runs=b"}).said,
            "note: --runs is called --run here\n");
}

TEST(RenameOldFlags, LeavesEverythingElse) {
  // The program has --input and no --spec; what follows "--" are no flags.
  const Outcome outcome = Renamed({"--input=a", "--specs=b", "run_dir=c",
                                   "--outputs", "-", "", "--", "--run_dir=d"});
  EXPECT_THAT(outcome.arguments,
              ElementsAre("--input=a", "--specs=b", "run_dir=c", "--outputs",
                          "-", "", "--", "--run_dir=d"));
  EXPECT_EQ(outcome.said, "");
}

}  // namespace
}  // namespace caldera::base
