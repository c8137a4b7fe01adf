#include "base/program/program.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
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

TEST(RunGuarded, AnExceptionIsAnErrorOfOneLine) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGuarded([]() -> int {
              throw std::runtime_error("it broke\nframe #0: here");
            }),
            1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: it broke\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGuarded([]() -> int { throw std::bad_alloc(); }), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: out of memory\n");
}

TEST(RunGuarded, ShowsTheStackWhereAsked) {
  testing::internal::CaptureStderr();
  RunGuarded([]() -> int { throw std::runtime_error("a\nframe #0: b"); },
             [] { return true; });
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "error: a\na\nframe #0: b\n");
}

TEST(RunGuardedDeathTest, AnExceptionOfAThreadEndsInOneLine) {
  const auto run = [] {
    std::exit(RunGuarded([] {
      std::thread([] {
        throw std::runtime_error("in a thread\nframe");
      }).join();
      return 0;
    }));
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(1), "^error: in a thread\n$");
}

TEST(RunGuardedDeathTest, FilesDoNotTakeTheStandardDescriptors) {
  const auto run = [] {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    std::exit(RunGuarded([] {
      const int file = open("/dev/null", O_RDONLY);
      return file > STDERR_FILENO ? 7 : 8;
    }));
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(7), "");
}

TEST(RunGuardedDeathTest, AReaderThatWentAwayIsNoReasonToEnd) {
  const auto run = [] {
    int ends[2];
    if (pipe(ends) != 0) std::exit(9);
    close(ends[0]);
    std::exit(RunGuarded([&] {
      const bool failed = write(ends[1], "x", 1) < 0 && errno == EPIPE;
      return failed ? 7 : 8;
    }));
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace caldera::base
