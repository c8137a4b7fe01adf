// Measures generated images in a process of its own and returns what that held
// at most, for tests of eval.memory_gb.
//
//   const MeasuredPeak peak = PeakOfMeasuring(1000, 200, /*side=*/64, 0.1);
//
// Caveat: the calling process must not have threads: call nothing of ATen
// first.
#ifndef CALDERA_EVAL_MEASURING_PEAK_TESTING_H_
#define CALDERA_EVAL_MEASURING_PEAK_TESTING_H_

#include <cstdint>
#include <string>

namespace caldera::eval {

struct MeasuredPeak {
  int64_t bytes = 0;   // resident, of the whole process
  int64_t before = 0;  // before measuring began
  int rows = 0;        // of results
  int64_t side = 0;    // of raw pixels
  std::string error;   // "" if all was measured
};

// Measures k-NN and the linear probe of a small encoder and of raw pixels, on
// `train` and `test` images of side x side.
MeasuredPeak PeakOfMeasuring(int64_t train, int64_t test, int64_t side,
                             double memory_gb);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_MEASURING_PEAK_TESTING_H_
