#include <gtest/gtest.h>

#include "eval/measuring_peak_testing.h"

namespace caldera::eval {
namespace {

// 200,000 images of 224 px, as floats 120 GB, are measured within 4 GB.
TEST(LargeSet, IsMeasuredWithinFourGigabytes) {
  const MeasuredPeak peak = PeakOfMeasuring(200'000, 5'000, 224, 3);
  ASSERT_EQ(peak.error, "");
  EXPECT_EQ(peak.rows, 4);
  EXPECT_GE(peak.side, 24);
  EXPECT_LT(peak.bytes, 4'000'000'000);
}

}  // namespace
}  // namespace caldera::eval
