// Kills and stops the pretrain binary at any moment and starts it again: the
// run ends with the bits of one that was not interrupted.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

int64_t Lines(const std::string& path) {
  const std::string text = Read(path);
  return std::count(text.begin(), text.end(), '\n');
}

std::string Spec() {
  static const std::string path = [] {
    const std::string spec = testing::TempDir() + "/tiny.textproto";
    std::ofstream(spec) << R"(
inherit: "fashion_mnist/m_mae"
data { dataset: ")" << TinyData()
                        << R"(" }
encoder { image_size: 8 patch_size: 2 embed_dim: 16 depth: 2 num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
train {
  steps: 300 batch_size: 16 log_every_steps: 3
  checkpoint_every { steps: 5 }
  keep_every { steps: 100 }
  online { every { steps: 90 } }
}
)";
    return spec;
  }();
  return path;
}

// Runs pretrain on the tiny spec as a child process, with its output in a file.
class Process {
 public:
  explicit Process(const std::string& run, const std::string& override = "",
                   rlim_t largest_file = RLIM_INFINITY)
      : words_(run + ".words"), start_(Clock::now()) {
    std::vector<std::string> arguments = {"ssl/pretrain", "--threads=1",
                                          "--spec=" + Spec(), "--run=" + run};
    if (!override.empty()) arguments.push_back(override);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    const int fd = open(words_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (largest_file != RLIM_INFINITY) {
      const rlimit limit = {largest_file, largest_file};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    execv(argv[0], argv.data());
    _exit(127);
  }

  bool Running() {
    if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return !ended_;
  }
  void Send(int signal) {
    if (Running()) kill(pid_, signal);
  }
  // Returns the exit status, 128 + signal for a killed process.
  int Wait() {
    if (!ended_) ended_ = waitpid(pid_, &status_, 0) == pid_;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  // Waits until it has been running that long, unless it ends before.
  void RunFor(double seconds) {
    while (Running() && Seconds() < seconds) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  // Waits until `path` has `lines` lines.
  void RunUntilLines(const std::string& path, int64_t lines) {
    while (Running() && Lines(path) < lines) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  double Seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }
  std::string Words() const { return Read(words_); }

 private:
  std::string words_;
  Clock::time_point start_;
  pid_t pid_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

struct Undisturbed {
  std::string run;
  double seconds;
};

const Undisturbed& Calm() {
  static const Undisturbed* const calm = [] {
    const std::string run = Fresh("calm");
    Process process(run);
    EXPECT_EQ(process.Wait(), 0) << process.Words();
    return new Undisturbed{run, process.Seconds()};
  }();
  return *calm;
}

// A checkpoint that a signal asked for may be newer than that of step 295 and
// take its place.
void ExpectAsCalm(const std::string& run, bool saved_by_signals = false) {
  for (const char* file : {"checkpoints/step_300/model.safetensors",
                           "checkpoints/step_300/optimizer.safetensors",
                           "checkpoints/step_100/model.safetensors",
                           "checkpoints/step_200/optimizer.safetensors",
                           "metrics.jsonl", "encoder.safetensors"}) {
    const std::string expected = Read(Calm().run + "/" + file);
    EXPECT_FALSE(expected.empty()) << file;
    EXPECT_TRUE(Read(run + "/" + file) == expected) << file;
  }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(run + "/checkpoints")) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(
      names,
      testing::UnorderedElementsAre(
          "step_100", "step_200",
          saved_by_signals
              ? testing::Matcher<std::string>(testing::StartsWith("step_29"))
              : testing::Matcher<std::string>(testing::StrEq("step_295")),
          "step_300", "latest"));
}

// Kills the run while it starts, in training, where every fifth step writes a
// checkpoint, and while it measures the encoder.
TEST(Kill, AtRandomMomentsChangesNoBit) {
  const std::string run = Fresh("killed");
  const std::string metrics = run + "/metrics.jsonl";
  const double calm_seconds = Calm().seconds;  // before any of those below
  std::mt19937 random(2024);
  std::uniform_real_distribution<double> share(0, 1);
  int kills = 0;
  for (int i = 0; i < 8; ++i) {
    Process process(run);
    // At most 6 x 12 of the 100 lines.
    if (i > 0) {
      const int64_t more = 3 + static_cast<int64_t>(random() % 10);
      process.RunUntilLines(metrics, i < 7 ? Lines(metrics) + more : 100);
    }
    const double longest = i > 0 && i < 7 ? 0.02 : 0.2 * calm_seconds;
    process.RunFor(process.Seconds() + longest * share(random));
    process.Send(SIGKILL);
    kills += process.Wait() == 128 + SIGKILL;
  }
  EXPECT_GE(kills, 6);
  Process last(run);
  ASSERT_EQ(last.Wait(), 0) << last.Words();
  ExpectAsCalm(run);
}

// The first signal ends the run cleanly, at any moment of training.
TEST(Signal, LeavesACheckpointAndItsStatus) {
  const std::string run = Fresh("stopped");
  int64_t lines = 0;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU}) {
    Process process(run);
    process.RunUntilLines(run + "/metrics.jsonl", lines + 4);
    process.Send(signal);
    process.Send(signal == SIGTERM ? SIGTERM : 0);  // Slurm's second one
    ASSERT_EQ(process.Wait(), 128 + signal) << process.Words();
    EXPECT_THAT(process.Words(), HasSubstr("the same command goes on"));
    lines = Lines(run + "/metrics.jsonl");
  }
  Process last(run);
  ASSERT_EQ(last.Wait(), 0) << last.Words();
  EXPECT_THAT(last.Words(), HasSubstr("going on from"));
  EXPECT_TRUE(Read(run + "/metrics.jsonl") ==
              Read(Calm().run + "/metrics.jsonl"));
  EXPECT_TRUE(Read(run + "/encoder.safetensors") ==
              Read(Calm().run + "/encoder.safetensors"));
}

// What announces an end (sbatch --signal=USR1@120) saves, and the run goes on.
TEST(Signal, UserSignalsSaveAndGoOn) {
  const std::string run = Fresh("saved");
  // Checkpoints at the end only, but for those that are asked for.
  Process process(run, "train.checkpoint_every={steps:300}");
  const std::string latest = run + "/checkpoints/latest";
  for (const int signal : {SIGUSR1, SIGUSR2}) {
    std::error_code error;
    const fs::path before = fs::read_symlink(latest, error);
    process.RunUntilLines(run + "/metrics.jsonl",
                          Lines(run + "/metrics.jsonl") + 4);
    process.Send(signal);
    while (process.Running() && fs::read_symlink(latest, error) == before) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(process.Running()) << process.Words();
  }
  ASSERT_EQ(process.Wait(), 0) << process.Words();
  EXPECT_TRUE(Read(run + "/metrics.jsonl") ==
              Read(Calm().run + "/metrics.jsonl"));
  EXPECT_TRUE(Read(run + "/encoder.safetensors") ==
              Read(Calm().run + "/encoder.safetensors"));
}

// Kills and signals at any moment of a run, over all its phases: each run ends
// in the bits of an undisturbed one. CALDERA_SIGNALS is their number.
TEST(Signal, AtRandomMomentsChangeNoBit) {
  const char* wanted = std::getenv("CALDERA_SIGNALS");
  const int count = wanted != nullptr ? std::atoi(wanted) : 15;
  constexpr int kSignals[] = {SIGKILL, SIGTERM, SIGINT, SIGHUP,
                              SIGXCPU, SIGUSR1, SIGUSR2};
  const double calm_seconds = Calm().seconds;
  std::mt19937 random(7);
  std::uniform_real_distribution<double> share(0, 1);
  std::string run = Fresh("signalled");
  int finished = 0;
  for (int sent = 0; sent < count;) {
    Process process(run);
    while (process.Running() && sent < count) {
      process.RunFor(process.Seconds() + 0.4 * calm_seconds * share(random));
      if (!process.Running()) break;
      const int signal = kSignals[random() % 7];
      process.Send(signal);
      ++sent;
      if (signal != SIGUSR1 && signal != SIGUSR2) break;
    }
    const int status = process.Wait();
    // A program that has not begun yet dies of a signal to save.
    EXPECT_TRUE(status == 0 || (status > 128 && status < 160))
        << status << ": " << process.Words();
    if (status != 0) continue;
    ExpectAsCalm(run, /*saved_by_signals=*/true);
    ++finished;
    run = Fresh("signalled_" + std::to_string(finished));
  }
  Process last(run);
  ASSERT_EQ(last.Wait(), 0) << last.Words();
  ExpectAsCalm(run, /*saved_by_signals=*/true);
}

// Steps of a deep decoder take so long that the second one finds the first step
// unfinished; a busy machine may need several tries.
TEST(Signal, ASecondIntExitsAtOnce) {
  bool at_once = false;
  for (int attempt = 0; attempt < 5 && !at_once; ++attempt) {
    const std::string run = Fresh("impatient");
    Process process(run, "mae.decoder.depth=60");
    process.RunUntilLines(run + "/metrics.jsonl", 1);
    process.Send(SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    process.Send(SIGINT);
    ASSERT_EQ(process.Wait(), 130) << process.Words();
    at_once = process.Words().find("same command goes on") == std::string::npos;
  }
  EXPECT_TRUE(at_once);
}

// Runs pretrain behind a shell's redirections; returns its exit status.
int Shell(const std::string& run, const std::string& redirections) {
  const std::string command =
      "bash -c 'ssl/pretrain --threads=1 --spec=" + Spec() + " --run=" + run +
      " " + redirections + "'";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Whoever reads the progress may go away, or never have been there.
TEST(Output, ThatNobodyReadsIsNoReasonToEnd) {
  for (const char* redirections :
       {"2>&1 | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", "2>&- >/dev/null",
        ">&- 2>/dev/null", ">&- 2>&- <&-", ">/dev/full 2>&1"}) {
    const std::string run = Fresh("unread");
    EXPECT_EQ(Shell(run, redirections), 0) << redirections;
    ExpectAsCalm(run);
    // Nothing of it is in another file, and log.txt has it.
    EXPECT_THAT(Read(run + "/lock"), testing::Not(HasSubstr("img/s")));
    EXPECT_THAT(Read(run + "/report.html"), testing::Not(HasSubstr("step 3/")));
    const std::string log = Read(run + "/log.txt");
    EXPECT_THAT(log, HasSubstr("step 300/300"));
    EXPECT_THAT(log, HasSubstr("trained in"));
  }
}

TEST(RunFolder, ASecondProcessIsToldWhoIsAtWork) {
  const std::string run = Fresh("shared");
  Process first(run, "train.steps=100000");
  first.RunUntilLines(run + "/metrics.jsonl", 1);
  ASSERT_TRUE(first.Running()) << first.Words();
  Process second(run, "train.steps=100000");
  EXPECT_EQ(second.Wait(), 2);
  EXPECT_THAT(second.Words(), HasSubstr("run folder " + run + " is in use by"));
  first.Send(SIGKILL);
  first.Wait();
  Process third(run, "train.steps=100000");
  third.RunUntilLines(run + "/metrics.jsonl", 1);
  EXPECT_TRUE(third.Running()) << third.Words();
  third.Send(SIGKILL);
  third.Wait();
}

// Weights are larger than the limit of a file, as with a full disk or a quota.
TEST(DiskFull, EndsTheRunAndNamesTheLastGoodCheckpoint) {
  const std::string run = Fresh("full");
  {
    Process process(run);
    process.RunUntilLines(run + "/metrics.jsonl", 8);
    process.Send(SIGTERM);
    process.Wait();
  }
  const std::string latest = fs::read_symlink(run + "/checkpoints/latest");
  Process process(run, "", 20000);
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Words(), HasSubstr("File too large"));
  EXPECT_THAT(process.Words(), HasSubstr("last good checkpoint: " + run +
                                         "/checkpoints/" + latest));
  Process last(run);
  ASSERT_EQ(last.Wait(), 0) << last.Words();
  EXPECT_TRUE(Read(run + "/metrics.jsonl") ==
              Read(Calm().run + "/metrics.jsonl"));
}

}  // namespace
}  // namespace caldera
