#include <gtest/gtest.h>

#include <utility>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

std::string Number(int value) {  // 16 bits, little-endian
  return {static_cast<char>(value), static_cast<char>(value >> 8)};
}

struct Gif {
  int screen_height = 2, screen_width = 3;
  int top = 0, left = 0, height = 2, width = 3;
  std::string palette;  // 2, 4, ... colours of 3 bytes
  bool local = false, interlaced = false;
  int transparent = -1;
  std::string indexes;  // [height, width] in the order of the file
};

const char kTwoColours[] = "\12\24\36\50\62\74";  // (10, 20, 30), (40, 50, 60)

// Each index is a code of 9 bits; a clear code comes often enough that codes
// do not grow.
std::string Lzw(const std::string& indexes) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  const auto put = [&](uint32_t code) {
    bits |= code << count;
    for (count += 9; count >= 8; count -= 8, bits >>= 8) {
      bytes.push_back(static_cast<char>(bits));
    }
  };
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (i % 100 == 0) put(256);
    put(static_cast<uint8_t>(indexes[i]));
  }
  put(257);
  bytes.push_back(static_cast<char>(bits));
  return bytes;
}

std::string Encode(const Gif& gif) {
  int power = 0;  // the palette has 2^(power + 1) colours
  while (6 << power < static_cast<int>(gif.palette.size())) ++power;
  const char flags = static_cast<char>(gif.palette.empty() ? 0 : 128 | power);
  std::string bytes = "GIF89a" + Number(gif.screen_width) +
                      Number(gif.screen_height) +
                      std::string{gif.local ? '\0' : flags, 1, 0};
  if (!gif.local) bytes += gif.palette;
  bytes += std::string("!\xfe\5hello\0", 9);  // a comment
  if (gif.transparent >= 0) {
    bytes += std::string("!\xf9\4\1\0\0", 6) +
             static_cast<char>(gif.transparent) + '\0';
  }
  bytes +=
      "," + Number(gif.left) + Number(gif.top) + Number(gif.width) +
      Number(gif.height) +
      static_cast<char>((gif.local ? flags : 0) | (gif.interlaced ? 64 : 0));
  if (gif.local) bytes += gif.palette;
  bytes += '\10';
  const std::string codes = Lzw(gif.indexes);
  for (size_t i = 0; i < codes.size(); i += 255) {
    const std::string block = codes.substr(i, 255);
    bytes += static_cast<char>(block.size()) + block;
  }
  return bytes + std::string("\0;", 2);
}

// The pixels of the first row, in decimal.
std::vector<uint8_t> FirstRow(const Gif& gif) {
  const std::string bytes = Encode(gif);
  auto decoder = OpenAs("GIF", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  if (!decoder.ok()) return {};
  ExpectRegionsMatch(**decoder, 20);
  auto image = DecodeWhole(**decoder);
  EXPECT_TRUE(image.ok()) << image.status();
  if (!image.ok()) return {};
  image->pixels.resize(3 * image->width);
  return image->pixels;
}

using Row = std::vector<uint8_t>;

// What Pillow makes of the same files stands in each expectation.
TEST(GifDecoderTest, ColoursComeFromThePalette) {
  Gif gif;
  gif.palette = kTwoColours;
  gif.indexes = std::string("\0\1\5\0\0\0", 6);  // black follows the palette
  const Row expected{10, 20, 30, 40, 50, 60, 0, 0, 0};
  EXPECT_EQ(FirstRow(gif), expected);
  gif.local = true;
  EXPECT_EQ(FirstRow(gif), expected);
  gif.transparent = 1;
  EXPECT_EQ(FirstRow(gif), expected);
}

TEST(GifDecoderTest, WithoutAPaletteIndexesAreGrey) {
  Gif gif;
  gif.indexes = "\7\xc8\1\1\1\1";
  EXPECT_EQ(FirstRow(gif), (Row{7, 7, 7, 200, 200, 200, 1, 1, 1}));
  gif.palette = std::string("\0\0\0\1\1\1", 6);
  EXPECT_EQ(FirstRow(gif), (Row{7, 7, 7, 200, 200, 200, 1, 1, 1}));
}

TEST(GifDecoderTest, TheScreenShowsWhereTheFrameIsNot) {
  Gif gif;
  gif.palette = kTwoColours;
  gif.left = gif.width = gif.height = 1;
  gif.indexes = "\1";
  EXPECT_EQ(FirstRow(gif), (Row{10, 20, 30, 40, 50, 60, 10, 20, 30}));
  gif.transparent = 1;
  EXPECT_EQ(FirstRow(gif), (Row{40, 50, 60, 40, 50, 60, 40, 50, 60}));
  gif.transparent = 200;
  EXPECT_EQ(FirstRow(gif), (Row{0, 0, 0, 40, 50, 60, 0, 0, 0}));
}

TEST(GifDecoderTest, AFrameEnlargesTheScreen) {
  Gif gif;
  gif.palette = kTwoColours;
  gif.screen_width = 2;
  gif.left = 1;
  gif.height = 1;
  gif.indexes = std::string("\1\0\1", 3);
  EXPECT_EQ(FirstRow(gif),
            (Row{10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60}));
}

TEST(GifDecoderTest, InterlacedRowsComeToTheirPlaces) {
  Gif gif;
  gif.screen_height = gif.height = 21;
  gif.screen_width = gif.width = 1;
  gif.interlaced = true;
  for (const auto& [first, step] :
       {std::pair{0, 8}, std::pair{4, 8}, std::pair{2, 4}, std::pair{1, 2}}) {
    for (int y = first; y < 21; y += step) {
      gif.indexes.push_back(static_cast<char>(y));
    }
  }
  const std::string bytes = Encode(gif);
  auto decoder = OpenAs("GIF", bytes, DecodeOptions());
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  ExpectRegionsMatch(**decoder, 20);
  const auto image = DecodeWhole(**decoder);
  ASSERT_TRUE(image.ok()) << image.status();
  for (int y = 0; y < 21; ++y) EXPECT_EQ(image->pixels[3 * y], y);
}

TEST(GifDecoderTest, TruncatedIsAnError) {
  Gif gif;
  gif.screen_width = gif.width = 150;
  gif.palette = kTwoColours;
  gif.indexes = std::string(300, '\1');
  const std::string bytes = Encode(gif);
  const auto decode = [&](size_t size) {
    const std::string cut = bytes.substr(0, size);
    auto decoder = OpenAs("GIF", cut, DecodeOptions());
    return decoder.ok() ? DecodeWhole(**decoder).status() : decoder.status();
  };
  EXPECT_TRUE(decode(bytes.size() - 1).ok());
  EXPECT_TRUE(decode(bytes.size() - 2).ok());  // behind the last pixel
  for (size_t size = 6; size < bytes.size() - 2; size += 3) {
    EXPECT_EQ(decode(size), absl::DataLossError("GIF: truncated")) << size;
  }
}

TEST(GifDecoderTest, DamageIsAnError) {
  Gif gif;
  gif.palette = kTwoColours;
  std::string bytes = Encode(gif);  // of no pixels
  auto decoder = OpenAs("GIF", bytes, DecodeOptions());
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  EXPECT_EQ(
      DecodeWhole(**decoder).status(),
      absl::DataLossError("GIF: Image EOF detected before image complete"));
  bytes = bytes.substr(0, 13 + 6) + ";";
  EXPECT_EQ(OpenAs("GIF", bytes, DecodeOptions()).status(),
            absl::DataLossError("GIF: it has no frame"));
}

TEST(GifDecoderTest, RefusesTooManyPixelsByTheHeader) {
  Gif gif;
  gif.palette = kTwoColours;
  gif.indexes = std::string(6, '\1');
  DecodeOptions options;
  options.max_pixels = 5;
  const std::string bytes = Encode(gif);
  EXPECT_EQ(OpenAs("GIF", bytes, options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.max_pixels = 6;
  EXPECT_TRUE(OpenAs("GIF", bytes, options).ok());
  gif.left = gif.top = gif.width = gif.height = 65535;
  EXPECT_EQ(OpenAs("GIF", Encode(gif), DecodeOptions()).status(),
            absl::InvalidArgumentError(
                "GIF: 131070 x 131070 pixels are more than the limit of "
                "178956970; if this is no decompression bomb, raise "
                "max_pixels"));
}

}  // namespace
}  // namespace caldera::data
