#include "base/range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace caldera::base {
namespace {

std::string Error(const char* range, double value) {
  return std::string(Range(range).Check("x", value).message());
}

TEST(Range, BoundsBelongToItOrNot) {
  EXPECT_EQ(Error("[0, 1]", 0), "");
  EXPECT_EQ(Error("[0, 1]", 1), "");
  EXPECT_EQ(Error("(0, 1)", 0.5), "");
  EXPECT_EQ(Error("(0, 1)", 0), "x: 0 is not in (0, 1)");
  EXPECT_EQ(Error("[0, 1)", 1), "x: 1 is not in [0, 1)");
  EXPECT_EQ(Error("(0, 1]", 1.5), "x: 1.5 is not in (0, 1]");
  EXPECT_EQ(Error("[-2, -1]", 0), "x: 0 is not in [-2, -1]");
}

TEST(Range, MayBeOpenToInfinity) {
  EXPECT_EQ(Error("[1, inf)", 1e300), "");
  EXPECT_EQ(Error("[1, inf)", 0), "x: 0 is not at least 1");
  EXPECT_EQ(Error("(0, inf)", 0), "x: 0 is not above 0");
  EXPECT_EQ(Error("(0, inf)", std::numeric_limits<double>::infinity()),
            "x: inf is not finite");
  EXPECT_EQ(Error("(-inf, 0]", 1), "x: 1 is not in (-inf, 0]");
}

TEST(Range, HoldsNoNan) {
  EXPECT_EQ(Error("[0, 1]", std::nan("")), "x: nan is not in [0, 1]");
  EXPECT_EQ(Error("(0, inf)", std::nan("")), "x: nan is not above 0");
}

TEST(Range, EmptyHoldsEverything) {
  EXPECT_EQ(Error("", std::nan("")), "");
  EXPECT_EQ(Range("").interval(), "");
}

TEST(Range, GivesARemedy) {
  EXPECT_EQ(Error("[1, inf); it counts threads", 0),
            "x: 0 is not at least 1; it counts threads");
  EXPECT_EQ(Range("[1, inf); it counts threads").interval(), "[1, inf)");
  EXPECT_EQ(Range("[1, inf); it counts threads").remedy(), "it counts threads");
}

TEST(Range, PrintsIntegersAsSuch) {
  EXPECT_EQ(Range("[0, 10]").Check("n", int64_t{12345678}).message(),
            "n: 12345678 is not in [0, 10]");
}

TEST(RangeDeathTest, IsAnInterval) {
  for (const char* text : {"0, 1", "[0 1]", "[0, x]", "[0, 1"}) {
    EXPECT_DEATH(Range{text}, "is not an interval") << text;
  }
}

}  // namespace
}  // namespace caldera::base
