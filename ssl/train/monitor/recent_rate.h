#ifndef CALDERA_SSL_TRAIN_MONITOR_RECENT_RATE_H_
#define CALDERA_SSL_TRAIN_MONITOR_RECENT_RATE_H_

// How fast a run has been of late.
//
//   RecentRate rate(/*step=*/0, now);
//   rate.Mark(50, now);                  // where the host knows that 50 are
//   done rate.SecondsPerStep();
//
// The lower median over the last intervals between marks: an evaluation, a
// checkpoint or a slow first batch in one of them does not show.

#include <cstdint>
#include <deque>

namespace caldera::ssl {

class RecentRate {
 public:
  RecentRate(int64_t step, double seconds) : step_(step), seconds_(seconds) {}

  // `step` steps are done at `seconds`. A step that is not later than the last
  // one is no interval.
  void Mark(int64_t step, double seconds);

  double SecondsPerStep() const;  // 0 before the first interval

 private:
  int64_t step_;
  double seconds_;
  std::deque<double> intervals_;  // seconds a step
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RECENT_RATE_H_
