// Finds the rectangle of a view in its source, for tests.
//
//   ViewBox box = BoxOf(plan, /*image_size=*/224);
#ifndef CALDERA_DATA_AUGMENT_AUGMENT_PLAN_TESTING_H_
#define CALDERA_DATA_AUGMENT_AUGMENT_PLAN_TESTING_H_

#include <cstdint>

#include "data/augment/augment_plan.h"

namespace caldera::data {

// The rectangle of a view in its source, in pixels of the source: fractional if
// the crop was resized before the square was cut, partly outside if it was
// padded.
struct ViewBox {
  double top = 0, left = 0, height = 0, width = 0;
};

// Returns the rectangle of the view of side `image_size`.
inline ViewBox BoxOf(const AugmentPlan& plan, int64_t image_size) {
  // `crop` may be a part of what is resized.
  const bool part = plan.down.in > 0;
  const auto height =
      static_cast<double>(part ? plan.down.in : plan.crop.height);
  const auto width =
      static_cast<double>(part ? plan.across.in : plan.crop.width);
  const double down = height / static_cast<double>(plan.resized_height);
  const double across = width / static_cast<double>(plan.resized_width);
  const auto size = static_cast<double>(image_size);
  return {static_cast<double>(plan.crop.top - plan.down.inputs.begin) +
              static_cast<double>(plan.top) * down,
          static_cast<double>(plan.crop.left - plan.across.inputs.begin) +
              static_cast<double>(plan.left) * across,
          size * down, size * across};
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_AUGMENT_PLAN_TESTING_H_
