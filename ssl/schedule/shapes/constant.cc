// One value, 1 if none is given:
//
//   weight { constant: 0.5 }
#include <memory>

#include "ssl/schedule/schedule_shape.h"

namespace caldera::ssl {
namespace {

class Constant : public ScheduleShape {
 public:
  explicit Constant(const Schedule& spec) : spec_(spec) {}

  double Value(double /*now*/, const RunLength& /*run*/) const override {
    return spec_.has_constant() ? spec_.constant() : 1;
  }

  Extremes ExtremeValues() const override {
    if (!spec_.has_constant()) return {};
    return {{"", spec_.constant()}};
  }

 private:
  const Schedule spec_;
};

const bool kConstant = SchedulePart::Register<Schedule>(
    {"constant", "One value.", /*example=*/"", /*is_default=*/true},
    [](const Schedule& spec) { return std::make_unique<Constant>(spec); });

}  // namespace
}  // namespace caldera::ssl
