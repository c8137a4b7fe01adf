#include "ssl/tools/sweep/child_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {
namespace {

std::vector<std::string> Shell(const std::string& script) {
  return {"/bin/sh", "-c", script};
}

// Runs one program to its end.
absl::StatusOr<ChildEnd> RunChild(
    const std::vector<std::string>& arguments,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  Children children;
  const absl::Status status = children.Start(5, {arguments, environment});
  if (!status.ok()) return status;
  EXPECT_EQ(children.running(), 1);
  const auto [id, end] = children.Wait();
  EXPECT_EQ(id, 5);
  EXPECT_EQ(children.running(), 0);
  return end;
}

std::string Text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Children, GivesTheExitStatus) {
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

TEST(Children, TellsWhatTheChildHeldNotWhatThisProcessHolds) {
  const std::vector<char> own(256 << 20, 1);
  const auto end = RunChild(Shell("sleep 0.2"), {});
  ASSERT_TRUE(end.ok());
  EXPECT_GT(end->peak_memory, 100 << 10);
  EXPECT_LT(end->peak_memory, 64 << 20);
  EXPECT_EQ(own.back(), 1);
}

TEST(Children, SetsVariablesAndKeepsTheOthers) {
  setenv("CALDERA_KEPT", "kept", 1);
  setenv("CALDERA_SET", "old", 1);
  const auto status =
      RunChild(Shell("test \"$CALDERA_KEPT $CALDERA_SET\" = 'kept new'"),
               {{"CALDERA_SET", "new"}});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->status, 0);
}

TEST(Children, AProgramThatIsNotThereIsNamed) {
  const auto status = RunChild({"/no/such/program"}, {});
  EXPECT_EQ(status.status().code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.status().message().find("/no/such/program"),
            std::string::npos);
}

TEST(Children, RunSideBySideAndEndInAnyOrder) {
  const std::string go = testing::TempDir() + "/go";
  std::remove(go.c_str());
  Children children;
  // The first waits for the second, which would never start behind it.
  ASSERT_TRUE(children
                  .Start(1, {Shell("while ! test -e " + go +
                                   "; do sleep 0.01; done; exit 4")})
                  .ok());
  ASSERT_TRUE(children.Start(2, {Shell("exit 3")}).ok());
  EXPECT_EQ(children.running(), 2);
  const auto first = children.Wait();
  EXPECT_EQ(first.first, 2);
  EXPECT_EQ(first.second.status, 3);
  std::ofstream(go) << "go";
  const auto second = children.Wait();
  EXPECT_EQ(second.first, 1);
  EXPECT_EQ(second.second.status, 4);
  EXPECT_GT(second.second.seconds, first.second.seconds);
}

TEST(Children, OutputGoesBehindWhatTheFileHas) {
  const std::string path = testing::TempDir() + "/child_output";
  std::ofstream(path) << "before\n";
  Children children;
  ASSERT_TRUE(
      children.Start(0, {Shell("echo out; echo error >&2"), {}, path}).ok());
  children.Wait();
  EXPECT_EQ(Text(path), "before\nout\nerror\n");
  const absl::Status status =
      children.Start(0, {Shell("true"), {}, "/no/such/folder/x"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(children.running(), 0);
}

// Each child receives the signal once, and this process goes on.
TEST(Children, PassASignalOnToAll) {
  const std::string ready = testing::TempDir() + "/ready";
  for (const char* name : {"0", "1"}) std::remove((ready + name).c_str());
  std::thread sender([&] {
    while (!std::ifstream(ready + "0").good() ||
           !std::ifstream(ready + "1").good()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill(getpid(), SIGTERM);
  });
  Children children;
  for (const int id : {0, 1}) {
    ASSERT_TRUE(children
                    .Start(id, {Shell("trap 'exit 9' TERM; touch " + ready +
                                      std::to_string(id) +
                                      "; while true; do sleep 0.02; done")})
                    .ok());
  }
  EXPECT_EQ(children.Wait().second.status, 9);
  EXPECT_EQ(children.Wait().second.status, 9);
  sender.join();
  EXPECT_EQ(SignalPassedOn(), SIGTERM);
}

}  // namespace
}  // namespace caldera::ssl
