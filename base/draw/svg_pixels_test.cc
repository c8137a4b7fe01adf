#include "base/draw/svg_pixels.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/draw/line_chart.h"

namespace caldera::base {
namespace {

using testing::HasSubstr;

// How many pixels are of exactly that colour.
int64_t Count(const at::Tensor& pixels, uint8_t r, uint8_t g, uint8_t b) {
  return (pixels[0].eq(r) & pixels[1].eq(g) & pixels[2].eq(b))
      .sum()
      .item<int64_t>();
}

std::string Svg(const std::string& size, const std::string& content) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + ">" + content +
         "</svg>";
}

TEST(SvgPixels, DrawsAtScaleOnWhite) {
  const auto pixels =
      SvgPixels(Svg("width=\"10\" height=\"6\"",
                    "<rect x=\"2\" y=\"1\" width=\"3\" height=\"4\" "
                    "fill=\"#102030\"/>"),
                2);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  EXPECT_EQ(pixels->sizes(), at::IntArrayRef({3, 12, 20}));
  EXPECT_EQ(Count(*pixels, 0x10, 0x20, 0x30), 6 * 8);
  EXPECT_EQ(Count(*pixels, 255, 255, 255), 12 * 20 - 6 * 8);
  // Its corners: [y, x] from (2, 4) to (9, 9).
  EXPECT_EQ((*pixels)[2][2][4].item<int>(), 0x30);
  EXPECT_EQ((*pixels)[2][9][9].item<int>(), 0x30);
  EXPECT_EQ((*pixels)[2][10][9].item<int>(), 255);
}

TEST(SvgPixels, DrawsAChartWithItsText) {
  const auto chart = [](const std::string& title) {
    return LineChartSvg(title, "epoch", "loss",
                        {{"a", {0, 1}, {0, 0}}, {"b", {0, 1}, {1, 1}}});
  };
  const auto pixels = SvgPixels(StackCharts({chart("Loss"), chart("")}), 1);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  ASSERT_EQ(pixels->sizes(), at::IntArrayRef({3, 880, 720}));
  // The upper half and the lower: level lines 2 high, 624 wide, less what the
  // legend and antialiasing cover.
  for (const int64_t top : {0, 440}) {
    const at::Tensor half = pixels->slice(1, top, top + 440);
    EXPECT_GT(Count(half, 0x00, 0x72, 0xb2), 600);
    EXPECT_GT(Count(half, 0xd5, 0x5e, 0x00), 600);
  }
  // Only the upper half has a title.
  EXPECT_TRUE(pixels->slice(1, 440, 470).eq(255).all().item<bool>());
  EXPECT_FALSE(pixels->slice(1, 0, 30).eq(255).all().item<bool>());
}

TEST(SvgPixels, RefusesWhatIsNoPicture) {
  EXPECT_FALSE(SvgPixels("", 1).ok());
  EXPECT_FALSE(SvgPixels("rubbish", 1).ok());
  EXPECT_FALSE(SvgPixels(Svg("width=\"10\" height=\"6\"", "<rect"), 1).ok());
  EXPECT_THAT(std::string(SvgPixels(Svg("width=\"9000\" height=\"6\"", ""), 2)
                              .status()
                              .message()),
              HasSubstr("18000 x 12 pixels"));
}

}  // namespace
}  // namespace caldera::base
