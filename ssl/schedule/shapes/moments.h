// What shapes do with moments of a run.
//
//   double done = Progress(now, start, end);
//   double value = Between(from, to, done);
//   absl::Status status = CheckAfter("end", end, "start", start);
#ifndef CALDERA_SSL_SCHEDULE_SHAPES_MOMENTS_H_
#define CALDERA_SSL_SCHEDULE_SHAPES_MOMENTS_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// Returns how far `now` is on the way from `start` to `end`: 0 before, 1 after.
inline double Progress(double now, double start, double end) {
  if (now < start) return 0;
  return now < end ? (now - start) / (end - start) : 1;
}

inline double Between(double from, double to, double share) {
  return from + (to - from) * share;
}

// Returns InvalidArgument unless `time` is after `before`. Times in different
// units cannot be compared before the run is known.
inline absl::Status CheckAfter(absl::string_view field, const Duration& time,
                               absl::string_view before_name,
                               const Duration& before) {
  if (before.length_case() == time.length_case() &&
      time.length_case() != Duration::LENGTH_NOT_SET &&
      !(ToSteps(before, RunLength()) < ToSteps(time, RunLength()))) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": must be after ", before_name));
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SHAPES_MOMENTS_H_
