#include "ssl/distributed/start_processes.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class StartProcessesTest : public testing::Test {
 protected:
  StartProcessesTest() {
    folder_ = testing::TempDir() + "/start_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    setenv("F", folder_.c_str(), 1);
    // This machine may have its own.
    for (const char* name : {"RANK", "WORLD_SIZE", "SLURM_PROCID",
                             "SLURM_NTASKS", "PMI_RANK", "PMI_SIZE"}) {
      unsetenv(name);
    }
  }

  static absl::StatusOr<int> Run(int64_t count, const std::string& script) {
    StartOptions options;
    options.grace = milliseconds(300);
    options.kill_after = milliseconds(1500);
    return StartOnThisMachine(count, "/bin/sh", {"sh", "-c", script}, options);
  }

  // Runs it in a process of its own, which ends with its status.
  static pid_t Fork(int64_t count, const std::string& script) {
    const pid_t process = fork();
    if (process == 0) _exit(*Run(count, script));
    return process;
  }

  std::string Text(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }

  static bool WaitUntil(const std::function<bool()>& condition) {
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    while (Clock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

  // Waits until ranks 0 and 1 have written the files `name`0 and `name`1.
  bool WaitForBoth(const std::string& name) const {
    return WaitUntil(
        [&] { return !Text(name + "0").empty() && !Text(name + "1").empty(); });
  }

  std::string folder_;
};

constexpr char kWaits[] = R"(
  trap 'echo got >> $F/term$RANK; exit 9' TERM
  trap 'echo got >> $F/usr$RANK' USR1
  echo $$ > $F/pid$RANK
  while :; do sleep 0.02; done)";

TEST_F(StartProcessesTest, EachHasItsNumbers) {
  setenv("MASTER_PORT", "1", 1);
  const auto status = Run(3, R"(
    echo "$RANK $WORLD_SIZE $LOCAL_RANK $LOCAL_WORLD_SIZE $MASTER_ADDR" \
         "[$MASTER_PORT]" > $F/rank$RANK; echo $CALDERA_JOB > $F/job$RANK)");
  unsetenv("MASTER_PORT");
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(*status, 0);
  EXPECT_EQ(Text("rank0"), "0 3 0 3 127.0.0.1 []\n");
  EXPECT_EQ(Text("rank2"), "2 3 2 3 127.0.0.1 []\n");
  EXPECT_EQ(Text("job0"), Text("job2"));
  EXPECT_NE(Text("job0"), "\n");
}

TEST_F(StartProcessesTest, RankZeroSpeaksAndTheOthersBehindTheirNames) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto status = Run(3, R"(
    echo out $RANK; echo err $RANK >&2
    [ $RANK = 0 ] || { echo same; printf "no end"; })");
  const std::string out = testing::internal::GetCapturedStdout();
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_EQ(*status, 0);
  EXPECT_EQ(out, "out 0\n");
  EXPECT_THAT(
      err, AllOf(HasSubstr("err 0\n"), HasSubstr("rank 1: out 1\n"),
                 HasSubstr("rank 1: err 1\n"), HasSubstr("rank 2: err 2\n")));
  EXPECT_THAT(err, HasSubstr(": same\n"));
  EXPECT_EQ(err.find(": same\n"), err.rfind(": same\n"));
  EXPECT_THAT(err, HasSubstr(": no end\n"));
}

TEST_F(StartProcessesTest, TheStatusIsThatOfTheFirstFailure) {
  testing::internal::CaptureStderr();
  const auto start = Clock::now();
  const auto status = Run(3, "[ $RANK = 1 ] && exit 7; exec sleep 60");
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_EQ(*status, 7);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(30));
  EXPECT_THAT(err, AllOf(HasSubstr("rank 1 (process "),
                         HasSubstr("ended with status 7; the others are")));
}

TEST_F(StartProcessesTest, TheCauseCountsBeforeItsConsequence) {
  EXPECT_EQ(*Run(2, "[ $RANK = 1 ] && exit 1; sleep 0.1; exit 2"), 2);
  EXPECT_EQ(*Run(2, "[ $RANK = 1 ] && exit 1; exec sleep 60"), 1);
}

TEST_F(StartProcessesTest, ASignalIsAFailureEvenForWhoIgnoresTerm) {
  EXPECT_EQ(*Run(2,
                 "[ $RANK = 1 ] && kill -9 $$; trap '' TERM; "
                 "while :; do sleep 0.02; done"),
            128 + SIGKILL);
}

TEST_F(StartProcessesTest, AProgramThatIsNotThere) {
  EXPECT_EQ(*StartOnThisMachine(2, "/no/such/program", {"program"}), 127);
}

TEST_F(StartProcessesTest, SignalsGoOnToAll) {
  const pid_t process = Fork(2, kWaits);
  ASSERT_TRUE(WaitForBoth("pid"));
  kill(process, SIGUSR1);
  EXPECT_TRUE(WaitForBoth("usr"));
  EXPECT_EQ(waitpid(process, nullptr, WNOHANG), 0);  // all go on
  kill(process, SIGTERM);
  int status = 0;
  ASSERT_EQ(waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 9);
  for (const char* file : {"term0", "term1"}) EXPECT_EQ(Text(file), "got\n");
}

TEST_F(StartProcessesTest, AllPauseAndGoOn) {
  const pid_t process = Fork(2, "echo $$ > $F/pid$RANK; " + std::string(R"(
    while :; do echo x >> $F/beat$RANK; sleep 0.02; done)"));
  ASSERT_TRUE(WaitForBoth("beat"));
  kill(process, SIGTSTP);
  int status = 0;
  ASSERT_EQ(waitpid(process, &status, WUNTRACED), process);
  EXPECT_TRUE(WIFSTOPPED(status));
  std::this_thread::sleep_for(milliseconds(200));
  const size_t beats = Text("beat1").size();
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_EQ(Text("beat1").size(), beats);
  kill(process, SIGCONT);
  EXPECT_TRUE(WaitUntil([&] { return Text("beat1").size() > beats; }));
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

TEST_F(StartProcessesTest, TheyEndWithWhoStartedThem) {
  const pid_t process = Fork(2, kWaits);
  ASSERT_TRUE(WaitForBoth("pid"));
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  for (const char* file : {"pid0", "pid1"}) {
    const pid_t child = std::stoi(Text(file));
    EXPECT_TRUE(WaitUntil([&] {
      std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
      std::string number, name, state;
      stat >> number >> name >> state;
      return state.empty() || state == "Z" || state == "X";
    }));
  }
  EXPECT_EQ(Text("term0"), "");
}

TEST_F(StartProcessesTest, NotInsideALauncher) {
  setenv("RANK", "1", 1);
  setenv("WORLD_SIZE", "4", 1);
  const auto status = Run(2, "true");
  EXPECT_EQ(status.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.status().message(),
              AllOf(HasSubstr("--processes=2: this process is rank 1 of 4"),
                    HasSubstr("RANK, WORLD_SIZE")));
  setenv("WORLD_SIZE", "1", 1);
  setenv("RANK", "0", 1);
  EXPECT_EQ(*Run(2, "true"), 0);
}

TEST_F(StartProcessesTest, HowMany) {
  for (const int64_t count : {0, -1, 5000}) {
    EXPECT_THAT(Run(count, "true").status().message(),
                HasSubstr("is not in [1, 1024]"));
  }
  EXPECT_THAT(ThisCommand()[0], HasSubstr("start_processes_test"));
  EXPECT_FALSE(IsStartedProcess());
}

}  // namespace
}  // namespace caldera::ssl
