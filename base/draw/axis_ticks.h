// Finds round numbers along an axis.
//
//   AxisTicks ticks = RoundTicks(0.13, 2.4, 6);  // 0, 0.5, 1, 1.5, 2, 2.5
//
// Caveat: the axis extends to its outer ticks, and gets a span of its own if
// low == high.
#ifndef CALDERA_BASE_DRAW_AXIS_TICKS_H_
#define CALDERA_BASE_DRAW_AXIS_TICKS_H_

#include <string>
#include <vector>

namespace caldera::base {

struct AxisTicks {
  std::vector<double> values;       // ascending, evenly spaced, at least 2
  std::vector<std::string> labels;  // as many decimals as the step needs
};

// Returns ticks in steps of 1, 2 or 5 times a power of ten, about `count` of
// them, the first at or below `low` and the last at or above `high`. Both are
// finite, low <= high.
AxisTicks RoundTicks(double low, double high, int count);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_AXIS_TICKS_H_
