#include "ssl/train/monitor/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "ssl/train/monitor/memory_use.h"

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ProgressState Halfway() {
  ProgressState state;
  state.step = 50;
  state.total_steps = 100;
  state.epoch = 2.5;
  state.has_loss = true;
  state.loss = 0.75;
  state.terms = {{"reconstruction", 0.5}, {"magma", 0.25}};
  state.lr = 1e-3;
  state.images_per_second = 870.4;
  state.seconds_left = 3725;
  state.peak_memory = 812'400'000;
  return state;
}

TEST(ProgressText, ALineHasEverything) {
  EXPECT_EQ(ProgressLine(Halfway()),
            "epoch 2.5  step 50/100  loss 0.7500 (reconstruction 0.5000, magma "
            "0.2500)  lr 1.00e-03  870 img/s  1:02:05 left  812 MB");
}

TEST(ProgressText, ASingleTermIsNotRepeatedAndNothingIsInvented) {
  ProgressState state = Halfway();
  state.terms.pop_back();
  EXPECT_THAT(ProgressLine(state), Not(HasSubstr("reconstruction")));
  EXPECT_EQ(ProgressLine(ProgressState{}), "epoch 0.0  step 0/1");
}

TEST(ProgressText, EightyColumnsHoldEverything) {
  EXPECT_THAT(
      ProgressRows(Halfway(), 80),
      ElementsAre(
          "[==========>         ]  epoch 2.5  step 50/100  1:02:05 left  870 "
          "img/s  812 MB",
          "loss 0.7500 (reconstruction 0.5000, magma 0.2500)  lr 1.00e-03"));
  // For VICReg with MAGMA names are cut before terms are left out.
  ProgressState vicreg = Halfway();
  vicreg.terms = {{"invariance", 0.1},
                  {"variance", 0.2},
                  {"covariance", 0.3},
                  {"magma", 0.4}};
  const std::string row = ProgressRows(vicreg, 80)[1];
  EXPECT_THAT(row, HasSubstr("(inva 0.1000, vari 0.2000, cova 0.3000, "
                             "magm 0.4000)  lr 1.00e-03"));
}

TEST(ProgressText, FitsEveryTerminal) {
  for (int columns = 1; columns <= 300; ++columns) {
    for (const std::string& row : ProgressRows(Halfway(), columns)) {
      EXPECT_LT(static_cast<int>(row.size()), columns);
    }
  }
  EXPECT_THAT(ProgressRows(Halfway(), 40),
              ElementsAre("step 50/100  1:02:05 left  870 img/s",
                          "loss 0.7500 (rec 0.5000)  lr 1.00e-03"));
  EXPECT_THAT(ProgressRows(Halfway(), 16),
              ElementsAre("step 50/100", "loss 0.7500"));
}

TEST(ProgressText, TheBarFills) {
  ProgressState state = Halfway();
  state.step = 0;
  EXPECT_THAT(ProgressRows(state, 80)[0], HasSubstr("[>      "));
  state.step = 100;
  EXPECT_THAT(ProgressRows(state, 80)[0], HasSubstr("======]"));
}

TEST(MemoryText, ChoosesTheUnit) {
  EXPECT_EQ(MemoryText(999'400'000), "999 MB");
  EXPECT_EQ(MemoryText(999'600'000), "1.0 GB");
  EXPECT_EQ(MemoryText(140'000'000'000), "140.0 GB");
}

TEST(PeakMemory, SeesWhatIsTouched) {
  const int64_t before = PeakMemory(at::kCPU);
  std::vector<char> block(200 << 20, 1);
  EXPECT_GE(PeakMemory(at::kCPU), before + (100 << 20));
  EXPECT_EQ(block[12345], 1);
}

TEST(RecentRate, ForgetsPausesAndTheDistantPast) {
  RecentRate rate(10, 100);
  EXPECT_EQ(rate.SecondsPerStep(), 0);
  rate.Mark(20, 150);  // a slow start: 5 s a step
  EXPECT_EQ(rate.SecondsPerStep(), 5);
  rate.Mark(30, 160);
  EXPECT_EQ(rate.SecondsPerStep(), 1);  // not 3, the mean
  rate.Mark(40, 760);                   // an evaluation
  rate.Mark(50, 770);
  EXPECT_EQ(rate.SecondsPerStep(), 1);
  double now = 770;
  for (int64_t step = 60; step <= 150; step += 10) {
    rate.Mark(step, now += 20);
  }
  EXPECT_EQ(rate.SecondsPerStep(), 2);
}

RunLength HundredSteps() { return {/*steps_per_epoch=*/20, 100, 8}; }

TEST(Progress, KnowsTheRateAndTheTimeLeft) {
  double now = 7;
  ProgressOptions options;
  options.show = false;
  options.clock = [&] { return now; };
  options.memory = [] { return int64_t{42}; };
  Progress progress(HundredSteps(), /*start_step=*/20, options);
  EXPECT_EQ(progress.state().images_per_second, 0);
  now += 5;
  progress.Log(30, 0.5, {{"reconstruction", 0.5}}, 1e-3);
  EXPECT_EQ(progress.state().images_per_second, 16);  // 8 images in 0.5 s
  EXPECT_EQ(progress.state().seconds_left, 35);
  EXPECT_EQ(progress.state().epoch, 1.5);
  EXPECT_EQ(progress.state().peak_memory, 42);
}

// Redirects stderr to a terminal of our own while it lives.
class Terminal {
 public:
  explicit Terminal(int columns) {
    EXPECT_EQ(openpty(&master_, &slave_, nullptr, nullptr, nullptr), 0);
    saved_ = dup(STDERR_FILENO);
    dup2(slave_, STDERR_FILENO);
    setenv("TERM", "xterm", 1);
    Resize(columns);
  }
  ~Terminal() {
    dup2(saved_, STDERR_FILENO);
    for (const int fd : {saved_, master_, slave_}) close(fd);
  }
  void Resize(int columns) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = static_cast<unsigned short>(columns);
    EXPECT_EQ(ioctl(slave_, TIOCSWINSZ, &size), 0);
  }
  // Returns the output since the last call; waits for some.
  std::string Read() {
    char buffer[4096];
    const ssize_t size = read(master_, buffer, sizeof(buffer));
    return {buffer, static_cast<size_t>(size)};
  }

 private:
  int master_ = -1, slave_ = -1, saved_ = -1;
};

TEST(Progress, DrawsOverItselfAtTheTerminalsWidth) {
  Terminal terminal(80);
  double now = 0;
  ProgressOptions options;
  options.clock = [&] { return now; };
  Progress progress(HundredSteps(), 0, options);
  now = 5;
  progress.Log(10, 0.5, {{"reconstruction", 0.25}, {"magma", 0.25}}, 1e-3);
  EXPECT_EQ(terminal.Read(),
            "\r\033[J[===>                            ]  epoch 0.5  step "
            "10/100  0:45 left  16 img/s\r\n"
            "loss 0.5000 (reconstruction 0.2500, magma 0.2500)  lr "
            "1.00e-03\r\033[1A");
  terminal.Resize(40);
  now = 5.1;
  progress.Step(11);  // too soon
  now = 5.5;
  progress.Step(12);
  EXPECT_EQ(terminal.Read(),
            "\r\033[Jstep 12/100  0:44 left  16 img/s\r\n"
            "loss 0.5000 (rec 0.2500)  lr 1.00e-03\r\033[1A");
  progress.Finish();
  EXPECT_EQ(terminal.Read(), "\r\n\r\n");
}

TEST(Progress, WritesPlainLinesElsewhere) {
  testing::internal::CaptureStderr();
  double now = 0;
  ProgressOptions options;
  options.clock = [&] { return now; };
  Progress progress(HundredSteps(), 0, options);
  progress.Step(5);
  now = 5;
  progress.Log(10, 0.5, {{"reconstruction", 0.5}}, 1e-3);
  progress.Finish();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "epoch 0.5  step 10/100  loss 0.5000  lr 1.00e-03  16 img/s  0:45 "
            "left\n");
}

}  // namespace
}  // namespace caldera::ssl
