#include "ssl/tools/sweep/child_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

namespace caldera::ssl {
namespace {

std::vector<std::string> Shell(const std::string& script) {
  return {"/bin/sh", "-c", script};
}

TEST(RunChild, GivesTheExitStatus) {
  for (const int status : {0, 1, 2, 130}) {
    const auto got = RunChild(Shell("exit " + std::to_string(status)), {});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->status, status);
  }
  const auto killed = RunChild(Shell("kill -KILL $$"), {});
  ASSERT_TRUE(killed.ok());
  EXPECT_EQ(killed->status, 128 + SIGKILL);
  EXPECT_EQ(SignalPassedOn(), 0);
}

TEST(RunChild, TellsWhatTheChildHeldNotWhatThisProcessHolds) {
  const std::vector<char> own(256 << 20, 1);
  const auto end = RunChild(Shell("sleep 0.2"), {});
  ASSERT_TRUE(end.ok());
  EXPECT_GT(end->peak_memory, 100 << 10);
  EXPECT_LT(end->peak_memory, 64 << 20);
  EXPECT_EQ(own.back(), 1);
}

TEST(RunChild, SetsVariablesAndKeepsTheOthers) {
  setenv("CALDERA_KEPT", "kept", 1);
  setenv("CALDERA_SET", "old", 1);
  const auto status =
      RunChild(Shell("test \"$CALDERA_KEPT $CALDERA_SET\" = 'kept new'"),
               {{"CALDERA_SET", "new"}});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->status, 0);
}

TEST(RunChild, AProgramThatIsNotThereIsNamed) {
  const auto status = RunChild({"/no/such/program"}, {});
  EXPECT_EQ(status.status().code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.status().message().find("/no/such/program"),
            std::string::npos);
}

// The child receives the signal once, and this process goes on.
TEST(RunChild, PassesASignalOn) {
  const std::string ready = testing::TempDir() + "/ready";
  std::remove(ready.c_str());
  std::thread sender([&] {
    while (!std::ifstream(ready).good()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill(getpid(), SIGTERM);
  });
  const auto status = RunChild(Shell("trap 'exit 9' TERM; touch " + ready +
                                     "; while true; do sleep 0.02; done"),
                               {});
  sender.join();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->status, 9);
  EXPECT_EQ(SignalPassedOn(), SIGTERM);
}

}  // namespace
}  // namespace caldera::ssl
