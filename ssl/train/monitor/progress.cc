#include "ssl/train/monitor/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

constexpr double kRedrawSeconds = 0.2;
constexpr size_t kIntervals = 9;  // of RecentRate

double SteadySeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ProgressOptions WithDefaults(ProgressOptions options) {
  if (!options.clock) options.clock = SteadySeconds;
  if (!options.memory) options.memory = [] { return 0; };
  return options;
}

// Returns true if stderr is a terminal that can move its cursor.
bool IsTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 &&
         !(term != nullptr && std::string(term) == "dumb");
}

// Returns the columns of the terminal on stderr, 80 if it does not tell.
int Columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

}  // namespace

void RecentRate::Mark(int64_t step, double seconds) {
  if (step > step_) {
    intervals_.push_back((seconds - seconds_) /
                         static_cast<double>(step - step_));
    if (intervals_.size() > kIntervals) intervals_.pop_front();
  }
  step_ = step;
  seconds_ = seconds;
}

double RecentRate::SecondsPerStep() const {
  if (intervals_.empty()) return 0;
  std::vector<double> sorted(intervals_.begin(), intervals_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[(sorted.size() - 1) / 2];
}

Progress::Progress(const RunLength& run, int64_t start_step,
                   ProgressOptions options)
    : run_(run),
      options_(WithDefaults(std::move(options))),
      terminal_(IsTerminal()),
      rate_(start_step, options_.clock()) {
  state_.total_steps = run.total_steps;
  SetStep(start_step);
}

void Progress::SetStep(int64_t step) {
  state_.step = step;
  state_.epoch =
      static_cast<double>(step) / static_cast<double>(run_.steps_per_epoch);
  state_.seconds_left =
      static_cast<double>(run_.total_steps - step) * rate_.SecondsPerStep();
}

void Progress::Step(int64_t step) {
  if (!options_.show || !terminal_) return;
  if (options_.clock() < drawn_at_ + kRedrawSeconds) return;
  SetStep(step);
  Draw();
}

void Progress::Log(int64_t step, double loss,
                   std::vector<std::pair<std::string, double>> terms,
                   double lr) {
  rate_.Mark(step, options_.clock());
  SetStep(step);
  state_.has_loss = true;
  state_.loss = loss;
  state_.terms = std::move(terms);
  state_.lr = lr;
  state_.peak_memory = options_.memory();
  const double seconds = rate_.SecondsPerStep();
  state_.images_per_second =
      seconds > 0 ? static_cast<double>(run_.batch_size) / seconds : 0;
  if (options_.log) options_.log(ProgressLine(state_));
  if (!options_.show) return;
  if (terminal_) {
    Draw();
  } else {
    std::fprintf(stderr, "%s\n", ProgressLine(state_).c_str());
  }
}

void Progress::Draw() {
  const auto rows = ProgressRows(state_, Columns());
  // Clears from here to the end of the screen, including what a resized
  // terminal has made of the rows before.
  const std::string text =
      absl::StrCat("\r\033[J", rows[0], "\n", rows[1], "\r\033[1A");
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
  drawn_at_ = options_.clock();
}

void Progress::Finish() {
  if (drawn_) std::fputs("\n\n", stderr);
  drawn_ = false;
}

}  // namespace caldera::ssl
