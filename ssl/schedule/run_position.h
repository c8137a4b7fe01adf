// The position of a step in its run: the only input of a schedule.
//
//   double momentum = ScheduleValue(spec.momentum(), at.step, at.run);
#ifndef CALDERA_SSL_SCHEDULE_RUN_POSITION_H_
#define CALDERA_SSL_SCHEDULE_RUN_POSITION_H_

#include <cstdint>

#include "ssl/schedule/duration.h"

namespace caldera::ssl {

struct RunPosition {
  int64_t step = 0;  // from 0
  RunLength run;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_RUN_POSITION_H_
