#include "ssl/teachers/moving_average.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>

#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"

namespace caldera::ssl {

void MovingAverage::Follow(const RunPosition& at,
                           const std::vector<at::Tensor>& student,
                           const std::vector<at::Tensor>& average) const {
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(average, student,
                     1 - ScheduleValue(momentum_, at.step, at.run));
}

Schedule MomentumOrByol(const Schedule& schedule) {
  if (NamesShape(schedule)) return schedule;
  Schedule byol;
  byol.mutable_cosine_ramp()->set_from(0.996);
  byol.mutable_cosine_ramp()->set_to(1);
  return byol;
}

}  // namespace caldera::ssl
