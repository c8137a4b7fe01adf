// Computes the median of some numbers and their spread.
//
//   const Spread rate = SpreadOf({480.1, 488.7, 491.0});
//   rate.median;  // 488.7
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_SPREAD_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_SPREAD_H_

#include <vector>

namespace caldera::benchmarks {

struct Spread {
  double median = 0;
  double p10 = 0, p90 = 0;  // 10th and 90th percentile
};

// Returns a percentile, linear between the two nearest numbers as
// numpy.percentile. `values` must not be empty.
double Percentile(std::vector<double> values, double percent);

// Returns the percentiles of `values`, which must not be empty.
Spread SpreadOf(const std::vector<double>& values);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_SPREAD_H_
