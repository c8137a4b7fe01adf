#include <gtest/gtest.h>
#include <webp/encode.h>

#include <utility>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

std::string EncodeWebp(const RgbImage& image, bool lossless) {
  uint8_t* memory = nullptr;
  const int width = static_cast<int>(image.width);
  const int height = static_cast<int>(image.height);
  const size_t size =
      lossless ? WebPEncodeLosslessRGB(image.pixels.data(), width, height,
                                       3 * width, &memory)
               : WebPEncodeRGB(image.pixels.data(), width, height, 3 * width,
                               /*quality_factor=*/90, &memory);
  std::string bytes(reinterpret_cast<const char*>(memory), size);
  WebPFree(memory);
  return bytes;
}

std::unique_ptr<PixelDecoder> Open(const std::string& bytes) {
  auto decoder = OpenAs("WebP", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return decoder.ok() ? *std::move(decoder) : nullptr;
}

TEST(WebpDecoderTest, ARegionEqualsTheSamePartOfTheWholeImage) {
  constexpr std::pair<int, int> kSizes[] = {
      {1, 1}, {2, 3}, {16, 16}, {33, 17}, {75, 100}};
  for (const auto& [height, width] : kSizes) {
    for (const bool lossless : {false, true}) {
      const std::string bytes =
          EncodeWebp(NaturalPicture(height, width, 1), lossless);
      ExpectRegionsMatch(*Open(bytes), 60);
    }
  }
}

TEST(WebpDecoderTest, LosslessPixelsAreThoseEncoded) {
  const RgbImage picture = NaturalPicture(31, 23, 1);
  const std::string bytes = EncodeWebp(picture, /*lossless=*/true);
  const auto image = DecodeWhole(*Open(bytes));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, picture.pixels);
}

TEST(WebpDecoderTest, TruncatedIsAnError) {
  for (const bool lossless : {false, true}) {
    const std::string bytes = EncodeWebp(NaturalPicture(31, 23, 1), lossless);
    for (size_t size = 0; size < bytes.size(); size += 3) {
      const std::string cut = bytes.substr(0, size);
      auto decoder = OpenAs("WebP", cut, DecodeOptions());
      const auto image = decoder.ok()
                             ? DecodeWhole(**decoder)
                             : absl::StatusOr<RgbImage>(decoder.status());
      EXPECT_EQ(image.status().code(), absl::StatusCode::kDataLoss) << size;
    }
  }
}

TEST(WebpDecoderTest, RefusesAnimations) {
  EXPECT_EQ(
      OpenAs("WebP", ReadTestImage("animated.webp"), DecodeOptions()).status(),
      absl::InvalidArgumentError(
          "WebP: an animation; only still images are read"));
}

TEST(WebpDecoderTest, RefusesTooManyPixels) {
  const std::string bytes = EncodeWebp(NaturalPicture(8, 8, 1), true);
  DecodeOptions options;
  options.max_pixels = 63;
  EXPECT_EQ(OpenAs("WebP", bytes, options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.max_pixels = 64;
  EXPECT_TRUE(OpenAs("WebP", bytes, options).ok());
}

}  // namespace
}  // namespace caldera::data
