#include "base/draw/axis_ticks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace caldera::base {

AxisTicks RoundTicks(double low, double high, int count) {
  // Makes a span that rounding can divide, also for constants and huge numbers.
  low = std::clamp(low, -1e300, 1e300);
  high = std::clamp(high, -1e300, 1e300);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-9 * size || high - low < 1e-290) {
    const double half = size > 1e-280 ? 0.1 * size : 0.5;
    low -= half;
    high += half;
  }
  const double raw = (high - low) / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double lead = raw / power;  // 1 to 10
  const double step = power * (lead <= 1.5   ? 1
                               : lead <= 3.5 ? 2
                               : lead <= 7.5 ? 5
                                             : 10);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);

  AxisTicks ticks;
  const int digits = static_cast<int>(
      std::clamp(-std::floor(std::log10(step) + 1e-9), 0., 9.));
  const bool plain = step >= 1e-6 && size < 1e7;
  for (double i = first; i <= last; ++i) {
    const double value = i == 0 ? 0 : i * step;  // never "-0"
    ticks.values.push_back(value);
    ticks.labels.push_back(plain ? absl::StrFormat("%.*f", digits, value)
                                 : absl::StrFormat("%.4g", value));
  }
  return ticks;
}

}  // namespace caldera::base
