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

std::string Number(size_t value, int size) {  // little-endian
  std::string bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(value >> 8 * i));
  }
  return bytes;
}

std::string Chunk(const std::string& name, const std::string& bytes) {
  return name + Number(bytes.size(), 4) + bytes +
         std::string(bytes.size() % 2, '\0');
}

// Returns an animation of `frames`, which are still files, each of which begins
// at (top, left) of an image of that size.
std::string Animate(const std::vector<std::string>& frames, int height,
                    int width, int top, int left, int frame_height,
                    int frame_width) {
  constexpr int kAnimation = 2;
  std::string bytes =
      "WEBP" +
      Chunk("VP8X", Number(kAnimation, 4) + Number(width - 1, 3) +
                        Number(height - 1, 3)) +
      Chunk("ANIM", Number(0xffffffff, 4) + Number(0, 2));
  for (const std::string& frame : frames) {
    bytes += Chunk("ANMF", Number(left / 2, 3) + Number(top / 2, 3) +
                               Number(frame_width - 1, 3) +
                               Number(frame_height - 1, 3) + Number(100, 3) +
                               Number(0, 1) + frame.substr(12));
  }
  return Chunk("RIFF", bytes);
}

TEST(WebpDecoderTest, AnAnimationIsItsFirstFrame) {
  for (const bool lossless : {false, true}) {
    const std::string first = EncodeWebp(NaturalPicture(31, 23, 1), lossless);
    const std::string second = EncodeWebp(NaturalPicture(31, 23, 2), lossless);
    const std::string bytes =
        Animate({first, second}, /*height=*/51, /*width=*/40, /*top=*/4,
                /*left=*/8, 31, 23);
    const auto decoder = Open(bytes);
    ASSERT_NE(decoder, nullptr);
    EXPECT_EQ(decoder->height(), 51);
    EXPECT_EQ(decoder->width(), 40);
    ExpectRegionsMatch(*decoder, 60);
    const auto frame = DecodeRegion(*decoder, {4, 8, 31, 23});
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->pixels, DecodeWhole(*Open(first))->pixels);
    // Black surrounds it.
    for (const Rectangle& r : {Rectangle{0, 0, 4, 40}, Rectangle{35, 0, 16, 40},
                               Rectangle{0, 0, 51, 8}, Rectangle{0, 31, 51, 9},
                               Rectangle{40, 35, 1, 1}}) {
      EXPECT_EQ(DecodeRegion(*decoder, r)->pixels,
                std::vector<uint8_t>(3 * r.height * r.width));
    }
    const std::string cut = bytes.substr(0, bytes.size() - 9);
    EXPECT_EQ(OpenAs("WebP", cut, DecodeOptions()).status(),
              absl::DataLossError("WebP: truncated"));
  }
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
