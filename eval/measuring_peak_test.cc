#include <gtest/gtest.h>

#include <algorithm>

#include "eval/measuring_peak_testing.h"

namespace caldera::eval {
namespace {

// Sanitizers keep shadows of the memory, and what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(MeasuringPeak, DoesNotGrowWithTheImages) {
  if (kSanitized) GTEST_SKIP() << "not a measure under a sanitizer";
  constexpr double kGigabytes = 0.12;
  const MeasuredPeak few = PeakOfMeasuring(1000, 200, 64, kGigabytes);
  const MeasuredPeak many = PeakOfMeasuring(4000, 800, 64, kGigabytes);
  for (const MeasuredPeak& peak : {few, many}) {
    ASSERT_EQ(peak.error, "");
    EXPECT_EQ(peak.rows, 4);
    // Threads, code that is read from the disk at its first use, and products'
    // buffers come on top.
    EXPECT_LT(peak.bytes - peak.before, 1e9 * kGigabytes + 100e6);
  }
  EXPECT_LT(many.side, 64);  // 236 MB at full size
  EXPECT_GE(many.side, 24);
  EXPECT_LT(std::max(few.bytes, many.bytes),
            1.2 * std::min(few.bytes, many.bytes));
}

}  // namespace
}  // namespace caldera::eval
