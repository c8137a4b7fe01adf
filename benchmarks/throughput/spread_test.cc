#include "benchmarks/throughput/spread.h"

#include <gtest/gtest.h>

#include <vector>

namespace caldera::benchmarks {
namespace {

// The expected values are numpy.percentile of the same numbers.
TEST(Spread, IsNumpys) {
  const std::vector<double> values = {7, 1, 4, 2, 9, 3};
  EXPECT_DOUBLE_EQ(Percentile(values, 0), 1);
  EXPECT_DOUBLE_EQ(Percentile(values, 100), 9);
  EXPECT_DOUBLE_EQ(Percentile(values, 35), 2.75);
  const Spread spread = SpreadOf(values);
  EXPECT_DOUBLE_EQ(spread.median, 3.5);
  EXPECT_DOUBLE_EQ(spread.p10, 1.5);
  EXPECT_DOUBLE_EQ(spread.p90, 8);
}

TEST(Spread, OneNumberHasNone) {
  const Spread spread = SpreadOf({5});
  EXPECT_EQ(spread.median, 5);
  EXPECT_EQ(spread.p10, 5);
  EXPECT_EQ(spread.p90, 5);
}

}  // namespace
}  // namespace caldera::benchmarks
