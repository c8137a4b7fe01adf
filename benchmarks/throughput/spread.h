// The middle of some numbers and how far they lie apart.
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

// Linear between the two nearest numbers, as numpy.percentile. Not empty.
double Percentile(std::vector<double> values, double percent);

Spread SpreadOf(const std::vector<double>& values);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_SPREAD_H_
