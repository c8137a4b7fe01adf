// Keeps a moving average of a student's weights: average = m average + (1 - m)
// student, after each step.
//
//   MovingAverage average(MomentumOrByol(spec.momentum()));
//   average.Follow({step, run}, student.parameters(), teacher.parameters());
#ifndef CALDERA_SSL_TEACHERS_MOVING_AVERAGE_H_
#define CALDERA_SSL_TEACHERS_MOVING_AVERAGE_H_

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "ssl/schedule/run_position.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

class MovingAverage {
 public:
  // momentum: m over the run, in [0, 1].
  explicit MovingAverage(Schedule momentum) : momentum_(std::move(momentum)) {}

  // Updates `average`, with m of the step whose weights were just updated. Both
  // lists have the same floating-point tensors in the same order.
  void Follow(const RunPosition& at, const std::vector<at::Tensor>& student,
              const std::vector<at::Tensor>& average) const;

 private:
  Schedule momentum_;
};

// Returns the schedule, or BYOL's if it names no shape: from 0.996 to 1 along
// half a cosine.
Schedule MomentumOrByol(const Schedule& schedule);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TEACHERS_MOVING_AVERAGE_H_
