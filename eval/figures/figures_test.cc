// Compares pictures with the numbers that they are drawn from.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/draw/captioned_picture.h"
#include "base/draw/color_map.h"
#include "base/draw/encode_png.h"
#include "base/draw/scatter_picture.h"
#include "base/draw/svg_pixels.h"
#include "eval/figures/attention_figure.h"
#include "eval/figures/component_figure.h"
#include "eval/figures/map_grid.h"

namespace caldera::eval {
namespace {

using testing::HasSubstr;
using testing::Not;

at::Tensor Bytes(std::initializer_list<int64_t> values) {
  return at::tensor(std::vector<int64_t>(values)).to(at::kByte);
}

TEST(ColorMap, RunsFromDarkToBrightAndHoldsItsEnds) {
  const at::Tensor picture =
      base::Viridis(at::tensor({-1.0, 0.0, 1.0, 2.0, 0.0 / 0.0}).view({1, 5}));
  ASSERT_EQ(picture.sizes(), (at::IntArrayRef{3, 1, 5}));
  for (const int64_t dark : {0, 1, 4}) {
    EXPECT_TRUE(
        at::equal(picture.select(2, dark).flatten(), Bytes({68, 1, 84})));
  }
  for (const int64_t bright : {2, 3}) {
    EXPECT_TRUE(
        at::equal(picture.select(2, bright).flatten(), Bytes({253, 231, 37})));
  }
  const at::Tensor ramp = base::Viridis(at::linspace(0, 1, 50).view({1, 50}));
  const at::Tensor light =
      (ramp.to(at::kDouble) *
       at::tensor({0.2126, 0.7152, 0.0722}, at::kDouble).view({3, 1, 1}))
          .sum(0)
          .flatten();
  EXPECT_TRUE((light.diff() > 0).all().item<bool>());
}

// Returns the pixels of a map's patch, for two images of 4 x 4 with patches of
// 2.
TEST(MapGrid, ShowsTheImageAndEachPatchsColour) {
  const at::Tensor images =
      at::stack({at::zeros({1, 4, 4}), at::ones({1, 4, 4})});
  const at::Tensor maps =
      at::tensor({0.0, 1.0, 0.5, 0.0, 1.0, 1.0, 0.0, 0.0}).view({2, 1, 4});
  const at::Tensor picture = MapGrid(images, maps, {2, 2});
  const int64_t scale = 24, gap = 4;
  ASSERT_EQ(picture.sizes(),
            (at::IntArrayRef{3, 2 * 4 * scale + gap, 2 * 4 * scale + gap}));
  const auto pixel = [&](int64_t y, int64_t x) {
    return picture.select(1, y).select(1, x);
  };
  const int64_t map_x = 4 * scale + gap, second_y = 4 * scale + gap;
  EXPECT_TRUE(at::equal(pixel(1, 1), Bytes({0, 0, 0})));
  EXPECT_TRUE(at::equal(pixel(second_y, 1), Bytes({255, 255, 255})));
  EXPECT_TRUE(at::equal(pixel(1, map_x + 1), Bytes({68, 1, 84})));
  EXPECT_TRUE(at::equal(pixel(1, map_x + 3 * scale), Bytes({253, 231, 37})));
  EXPECT_TRUE(at::equal(pixel(second_y + 1, map_x + 1), Bytes({253, 231, 37})));
}

TEST(AttentionFigure, ShowsTheClsTokensRowOfEachHead) {
  at::manual_seed(1);
  const at::Tensor images = at::rand({3, 3, 6, 6});
  const at::Tensor attention = at::rand({3, 2, 10, 10}).softmax(-1);
  const at::Tensor picture = AttentionFigure(images, attention, {3, 3}, 2);
  const at::Tensor looks = attention.slice(0, 0, 2).select(2, 0).slice(2, 1);
  at::Tensor maps = looks - looks.amin(2, true);
  maps = maps / maps.amax(2, true);
  EXPECT_TRUE(at::equal(picture, MapGrid(images.slice(0, 0, 2), maps, {3, 3})));
}

TEST(ComponentFigure, OneBasisAndScaleOverTheBatch) {
  at::manual_seed(2);
  // The tokens vary along one direction, so the map shows that variation.
  const at::Tensor place = at::rand({4, 9}, at::kDouble);
  const at::Tensor direction = at::tensor({3.0, -1.0, 0.5}, at::kDouble);
  const at::Tensor tokens = place.unsqueeze(2) * direction + 7;
  const at::Tensor map = LeadingComponent(tokens);
  const at::Tensor expected =
      (place - place.min()) / (place.max() - place.min());
  EXPECT_TRUE(at::allclose(map, expected, 1e-9, 1e-9));
  // The sign of the map does not follow that of the tokens.
  EXPECT_TRUE(
      at::allclose(LeadingComponent(-tokens), 1 - expected, 1e-9, 1e-9));

  const at::Tensor images = at::rand({4, 1, 3, 3});
  const at::Tensor picture =
      ComponentFigure(images, {tokens, -tokens}, {3, 3}, 4);
  EXPECT_TRUE(at::equal(picture,
                        MapGrid(images, at::stack({map, 1 - map}, 1), {3, 3})));
}

TEST(ColorGrid, ShowsEachPatchsColour) {
  const at::Tensor images = at::zeros({1, 1, 2, 2});
  at::Tensor colors = at::zeros({1, 1, 4, 3});
  colors[0][0][1] = at::tensor({1.0, 0.5, 0.0});
  colors[0][0][2] = at::tensor({-1.0, 2.0, 0.2});
  const at::Tensor picture = ColorGrid(images, colors, {2, 2});
  const int64_t scale = 48, gap = 4, left = 2 * scale + gap;
  ASSERT_EQ(picture.sizes(), (at::IntArrayRef{3, 2 * scale, 2 * left - gap}));
  const auto pixel = [&](int64_t y, int64_t x) {
    return picture.select(1, y).select(1, x);
  };
  EXPECT_TRUE(at::equal(pixel(1, left + 1), Bytes({0, 0, 0})));
  EXPECT_TRUE(at::equal(pixel(1, left + scale + 1), Bytes({255, 128, 0})));
  EXPECT_TRUE(at::equal(pixel(scale + 1, left + 1), Bytes({0, 255, 51})));
}

TEST(ComponentColors, AreTheThreeWidestDirections) {
  at::manual_seed(4);
  // Three directions with variances in falling order, far apart, and noise.
  at::Tensor place = at::rand({4, 9, 3}, at::kDouble);
  const at::Tensor size = at::tensor({9.0, 3.0, 1.0}, at::kDouble);
  at::Tensor tokens = at::zeros({4, 9, 5}, at::kDouble);
  tokens.slice(2, 1, 4).copy_(place * size);
  const at::Tensor colors = ComponentColors(tokens);
  ASSERT_EQ(colors.sizes(), (at::IntArrayRef{4, 9, 3}));
  EXPECT_EQ(colors.min().item<double>(), 0);
  EXPECT_EQ(colors.max().item<double>(), 1);
  // The places were drawn independently, so that each direction is close to one
  // of the components.
  for (int64_t c = 0; c < 3; ++c) {
    const at::Tensor pair = at::stack(
        {colors.select(2, c).flatten(), place.select(2, c).flatten()});
    EXPECT_GT(pair.corrcoef()[0][1].abs().item<double>(), 0.95) << c;
  }
}

TEST(ComponentColors, AFewFarPatchesDoNotSetTheScale) {
  at::manual_seed(5);
  at::Tensor tokens = at::rand({4, 100, 3}, at::kDouble);
  tokens[0][0] = 1e3;
  const at::Tensor colors = ComponentColors(tokens);
  EXPECT_EQ(colors.max().item<double>(), 1);
  // Without the cut all others would lie within a thousandth.
  const at::Tensor others = colors.flatten(0, 1).slice(0, 1).select(1, 0);
  EXPECT_GT(others.std().item<double>(), 0.05);
}

TEST(Scatter, PointsStandWhereTheyAreInTheirColour) {
  base::ScatterPoints points;
  points.plane = at::tensor({0.0, 0.0, 10.0, 0.0, 10.0, 10.0}).view({3, 2});
  points.labels = at::tensor({0, 1, -1}, at::kLong);
  points.class_names = {"bag & <shoe>"};
  const std::string svg = base::ScatterSvg("a < b", "three points", points);
  const auto pixels = base::SvgPixels(svg, 1);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  // The plot has 540 pixels from (20, 44) on; y grows upwards. Points let 30 %
  // of the white through.
  const auto distance = [&](int64_t y, int64_t x, int64_t label) {
    const base::Rgb rgb = base::ClassColor(label);
    const at::Tensor expected =
        255 - 0.7 * (255 - Bytes({rgb[0], rgb[1], rgb[2]}).to(at::kDouble));
    return (pixels->select(1, y).select(1, x) - expected)
        .abs()
        .max()
        .item<double>();
  };
  EXPECT_LE(distance(584, 20, 0), 2);
  EXPECT_LE(distance(584, 560, 1), 2);
  EXPECT_LE(distance(44, 560, -1), 2);
  EXPECT_TRUE(
      at::equal(pixels->select(1, 300).select(1, 300), Bytes({255, 255, 255})));

  EXPECT_THAT(svg, HasSubstr("bag &amp; &lt;shoe&gt;"));
  EXPECT_THAT(svg, HasSubstr(">class 1</text>"));
  EXPECT_THAT(svg, HasSubstr(">unknown</text>"));
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, HasSubstr("three points"));
  points.labels = at::Tensor();
  EXPECT_THAT(base::ScatterSvg("a", "b", points), Not(HasSubstr("unknown")));
}

TEST(CaptionedPicture, ShowsItsPixelsAsTheyAre) {
  const at::Tensor picture =
      at::randint(0, 256, {3, 20, 31}, at::TensorOptions(at::kByte));
  const auto png = base::EncodePng(picture);
  ASSERT_TRUE(png.ok());
  const auto pixels = base::SvgPixels(
      base::CaptionedPicture("A", {"input"}, "run x", *png, 31, 20), 1);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  // In the middle of the least width, below title and columns.
  EXPECT_EQ(pixels->size(2), 420);
  EXPECT_TRUE(at::equal(pixels->narrow(1, 54, 20).narrow(2, (420 - 31) / 2, 31),
                        picture));
}

TEST(CaptionedPicture, HoldsItsPictureAndItsWords) {
  const std::string svg = base::CaptionedPicture("A & B", {"input", "head 1"},
                                                 "run x", "PNG", 200, 100);
  EXPECT_THAT(svg, HasSubstr("href=\"data:image/png;base64,UE5H\""));
  for (const char* text : {"A &amp; B", ">input<", ">head 1<", ">run x<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

}  // namespace
}  // namespace caldera::eval
