// Shows the progress of a run: a bar on a terminal, plain lines on a pipe, both
// on stderr.
//
//   Progress progress(run, start_step, options);
//   progress.Step(51);                                // moves the bar
//   progress.Log(100, loss, {{"magma", 0.4}}, lr);    // a line; new numbers
//   progress.Finish();
//
// The bar is drawn over itself, at the current width of the terminal; the
// cursor waits at its beginning, so that a message of another component of the
// program takes the bar's place and the bar goes on below.
#ifndef CALDERA_SSL_TRAIN_MONITOR_PROGRESS_H_
#define CALDERA_SSL_TRAIN_MONITOR_PROGRESS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ssl/schedule/duration.h"
#include "ssl/train/monitor/progress_text.h"

namespace caldera::ssl {

struct ProgressOptions {
  bool show = true;                             // false: only keeps the numbers
  std::function<int64_t()> memory;              // peak bytes; none: not shown
  std::function<double()> clock;                // seconds; none: a steady clock
  std::function<void(const std::string&)> log;  // gets every plain line
};

// The recent speed of a run: the lower median over the last intervals between
// marks, so that an evaluation, a checkpoint or a slow first batch in one of
// them does not show.
//
//   RecentRate rate(/*step=*/0, now);
//   rate.Mark(50, now);  // the host knows that 50 steps are done
//   rate.SecondsPerStep();
class RecentRate {
 public:
  RecentRate(int64_t step, double seconds) : step_(step), seconds_(seconds) {}

  // Notes that `step` steps are done at `seconds`. A step that is not later
  // than the last one makes no interval.
  void Mark(int64_t step, double seconds);

  double SecondsPerStep() const;  // 0 before the first interval

 private:
  int64_t step_;
  double seconds_;
  std::deque<double> intervals_;  // seconds a step
};

class Progress {
 public:
  // Shows a run that resumes after `start_step` steps, from now on.
  Progress(const RunLength& run, int64_t start_step, ProgressOptions options);

  // Notes that `step` steps were started. On a terminal the bar follows, a few
  // times a second at most.
  void Step(int64_t step);
  // Notes that `step` steps are done, on the device too.
  void Log(int64_t step, double loss,
           std::vector<std::pair<std::string, double>> terms, double lr);
  // Leaves the bar where it is; the next output comes below it.
  void Finish();

  // Returns the state as of the last Log.
  const ProgressState& state() const { return state_; }

 private:
  void SetStep(int64_t step);
  void Draw();

  RunLength run_;
  ProgressOptions options_;
  bool terminal_;
  RecentRate rate_;
  ProgressState state_;
  double drawn_at_ = 0;
  bool drawn_ = false;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PROGRESS_H_
