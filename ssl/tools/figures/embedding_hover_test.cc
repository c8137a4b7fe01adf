#include "ssl/tools/figures/embedding_hover.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "data/decode/decode_image.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

TEST(WriteHover, NamesPlacesAndShowsTheImages) {
  base::ScatterPoints points;
  points.plane = at::tensor({0.0, 0.0, 10.0, 0.0, 10.0, 10.0}).view({3, 2});
  points.labels = at::tensor({0, 1, -1}, at::kLong);
  points.class_names = {"bag"};
  HoverImages images;
  images.rows = {0, 2};
  images.positions = {0, 40};
  images.thumbnails = at::arange(2 * 4, at::kByte).view({2, 1, 2, 2});
  const std::string path = testing::TempDir() + "/embedding.json";
  ASSERT_TRUE(WriteHover(points, images, path).ok());
  std::ifstream file(path);
  const json hover = json::parse(file);
  // The plot has 540 pixels from (20, 44) on; y grows downwards in a picture.
  EXPECT_EQ(hover["x"], json({20, 560}));
  EXPECT_EQ(hover["y"], json({584, 44}));
  EXPECT_EQ(hover["name"], json({"bag, image 0", "unknown, image 40"}));
  EXPECT_EQ(hover["width"], 720);
  EXPECT_EQ(hover["side"], 2);
  EXPECT_EQ(hover["columns"], 2);
  std::string png;
  ASSERT_TRUE(absl::Base64Unescape(hover["sheet"].get<std::string>().substr(
                                       sizeof("data:image/png;base64,") - 1),
                                   &png));
  const auto sheet = data::DecodeImage(png, data::DecodeOptions());
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  EXPECT_TRUE(
      at::equal((*sheet)[0],
                at::tensor({0, 1, 4, 5, 2, 3, 6, 7}, at::kByte).view({2, 4})));
}

TEST(WriteHover, ThumbnailsAreBounded) {
  EXPECT_EQ(MostThumbnails(1, 28), 2000);
  EXPECT_EQ(MostThumbnails(3, 40), 436);
  EXPECT_EQ(MostThumbnails(3, 4000), 1);
}

}  // namespace
}  // namespace caldera::ssl
