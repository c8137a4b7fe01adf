#include "magma/demo/swiss_roll_demo.h"

#include <ATen/ops/ones.h>

#include <string>

#include "base/draw/scatter_panels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::magma {
namespace {

using ::testing::HasSubstr;

TEST(SwissRollDemoTest, DescentOnTheTermAloneRestoresTheRoll) {
  const SwissRollDemo demo = RunSwissRollDemo(/*points=*/300, /*seed=*/1);
  ASSERT_EQ(demo.panels.size(), 4);
  EXPECT_LT(demo.before, 0.1);
  EXPECT_GT(demo.published, 0.8);
  EXPECT_GT(demo.unrolled, demo.before + 0.5);
}

TEST(ScatterSvgTest, DrawsEveryPointInsideItsPanel) {
  const at::Tensor points = at::ones({3, 2}, at::kDouble);  // no extent
  const at::Tensor colour = at::ones({3}, at::kDouble);
  const std::string svg =
      base::ScatterPanelsSvg({{"a < b", {"note"}, points, colour}});
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr("note"));
  EXPECT_THAT(svg, HasSubstr("cx=\"166.0\" cy=\"178.0\""));
  EXPECT_THAT(svg, HasSubstr("#fde725"));
}

}  // namespace
}  // namespace caldera::magma
