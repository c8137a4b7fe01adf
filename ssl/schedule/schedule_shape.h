// The interface of the shapes of schedules. A shape is a file in
// ssl/schedule/shapes that registers itself; its options are a message, of
// schedule.proto or beside it, or a struct:
//
//   class Constant : public ScheduleShape { ... };
//   const bool kConstant = SchedulePart::Register<ConstantSpec>(
//       {"constant", "One value."}, [](const ConstantSpec& spec) {
//         return std::make_unique<Constant>(spec);
//       });
#ifndef CALDERA_SSL_SCHEDULE_SCHEDULE_SHAPE_H_
#define CALDERA_SSL_SCHEDULE_SCHEDULE_SHAPE_H_

#include <string>
#include <utility>
#include <vector>

#include "base/part.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

class ScheduleShape {
 public:
  virtual ~ScheduleShape() = default;

  // Returns the value during the step `now`, from 0.
  virtual double Value(double now, const RunLength& run) const = 0;

  // Returns everything that bounds the values, each with its field's path in
  // the options, "" for the shape itself.
  using Extremes = std::vector<std::pair<std::string, double>>;
  virtual Extremes ExtremeValues() const = 0;
};

using SchedulePart = base::PartKind<Schedule, ScheduleShape>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SCHEDULE_SHAPE_H_
