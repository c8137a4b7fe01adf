#include "ssl/tools/report/thin_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;

Curve Wave(int points) {
  Curve curve;
  for (int i = 0; i < points; ++i) {
    curve.step.push_back(10 * i);
    curve.epoch.push_back(0.1 * i);
    curve.value.push_back(std::sin(0.01 * i));
  }
  return curve;
}

TEST(ThinCurve, ShortOnesStay) {
  EXPECT_EQ(ThinCurve(Wave(40), 40).step, Wave(40).step);
  EXPECT_TRUE(ThinCurve(Curve(), 4).step.empty());
}

TEST(ThinCurve, KeepsEndsAndSpikes) {
  Curve curve = Wave(100000);
  curve.value[77777] = 1000;
  curve.value[77778] = -1000;
  const Curve thin = ThinCurve(curve, 400);
  EXPECT_LE(thin.value.size(), 400);
  EXPECT_GE(thin.value.size(), 390);
  EXPECT_EQ(thin.step.front(), 0);
  EXPECT_EQ(thin.step.back(), 999990);
  EXPECT_TRUE(std::is_sorted(thin.step.begin(), thin.step.end()));
  EXPECT_EQ(*std::max_element(thin.value.begin(), thin.value.end()), 1000);
  EXPECT_EQ(*std::min_element(thin.value.begin(), thin.value.end()), -1000);
  for (size_t i = 0; i < thin.step.size(); ++i) {  // points of the curve itself
    const int64_t at = thin.step[i] / 10;
    EXPECT_EQ(thin.value[i], curve.value[at]);
    EXPECT_EQ(thin.epoch[i], curve.epoch[at]);
  }
}

TEST(ThinCurve, AFlatStretchKeepsOnePoint) {
  Curve flat = Wave(9);
  std::fill(flat.value.begin(), flat.value.end(), 2);
  EXPECT_THAT(ThinCurve(flat, 6).value, ElementsAre(2, 2, 2, 2));
}

}  // namespace
}  // namespace caldera::ssl
