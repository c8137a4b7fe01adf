#include "benchmarks/throughput/spread.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace caldera::benchmarks {

double Percentile(std::vector<double> values, double percent) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const double place = percent / 100 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(std::floor(place));
  const size_t high = std::min(low + 1, values.size() - 1);
  return values[low] +
         (place - static_cast<double>(low)) * (values[high] - values[low]);
}

Spread SpreadOf(const std::vector<double>& values) {
  return {Percentile(values, 50), Percentile(values, 10),
          Percentile(values, 90)};
}

}  // namespace caldera::benchmarks
