#include "ssl/train/monitor/recent_rate.h"

#include <algorithm>
#include <vector>

namespace caldera::ssl {
namespace {

constexpr size_t kIntervals = 9;

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

}  // namespace caldera::ssl
