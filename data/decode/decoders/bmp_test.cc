#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

std::string Number(uint32_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(i < 4 ? static_cast<char>(value >> 8 * i) : '\0');
  }
  return bytes;
}

// 3 wide, 2 high; a pixel's bytes count on from 1 in the order of the file.
std::string Bmp(int bits, int32_t height, uint32_t compression = 0,
                uint32_t colours = 0) {
  const bool masks = compression == 3;
  const int palette = bits == 8 ? 4 * (colours == 0 ? 256 : colours) : 0;
  const int stride = (3 * bits / 8 + 3) / 4 * 4;
  std::string bytes = "BM" + Number(0, 8) +
                      Number(54 + palette + (masks ? 12 : 0), 4) +
                      Number(40, 4) + Number(3, 4) + Number(height, 4) +
                      Number(1, 2) + Number(bits, 2) + Number(compression, 4) +
                      Number(0, 12) + Number(colours, 4) + Number(0, 4);
  if (masks) bytes += Number(0xff0000, 4) + Number(0xff00, 4) + Number(0xff, 4);
  for (int i = 0; i < palette / 4; ++i) {
    bytes += Number(i + 100, 1) + Number(i + 50, 1) + Number(i, 1) + '\0';
  }
  for (int i = 0; i < 2 * stride; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::vector<uint8_t> Pixels(const std::string& bytes) {
  auto decoder = OpenAs("BMP", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  if (!decoder.ok()) return {};
  EXPECT_EQ((*decoder)->height(), 2);
  EXPECT_EQ((*decoder)->width(), 3);
  ExpectRegionsMatch(**decoder, 20);
  auto image = DecodeWhole(**decoder);
  EXPECT_TRUE(image.ok()) << image.status();
  return image->pixels;
}

absl::Status Refusal(const std::string& bytes) {
  return OpenAs("BMP", bytes, DecodeOptions()).status();
}

TEST(BmpDecoderTest, ReadsEachKindFromEitherEnd) {
  // Rows of 9 bytes and 3 of padding.
  EXPECT_EQ(Pixels(Bmp(24, -2)),
            (std::vector<uint8_t>{2, 1, 0, 5, 4, 3, 8, 7, 6,  //
                                  14, 13, 12, 17, 16, 15, 20, 19, 18}));
  EXPECT_EQ(Pixels(Bmp(24, 2)),
            (std::vector<uint8_t>{14, 13, 12, 17, 16, 15, 20, 19, 18,  //
                                  2, 1, 0, 5, 4, 3, 8, 7, 6}));
  const std::vector<uint8_t> four_bytes{2,  1,  0,  6,  5,  4,  10, 9,  8,
                                        14, 13, 12, 18, 17, 16, 22, 21, 20};
  EXPECT_EQ(Pixels(Bmp(32, -2)), four_bytes);
  EXPECT_EQ(Pixels(Bmp(32, -2, /*compression=*/3)), four_bytes);
  const std::vector<uint8_t> palette{0, 50, 100, 1, 51, 101, 2, 52, 102,
                                     4, 54, 104, 5, 55, 105, 6, 56, 106};
  EXPECT_EQ(Pixels(Bmp(8, -2)), palette);
  EXPECT_EQ(Pixels(Bmp(8, -2, 0, /*colours=*/7)), palette);
}

TEST(BmpDecoderTest, AColourThatThePaletteLacksIsAnError) {
  const std::string bytes = Bmp(8, -2, 0, /*colours=*/6);
  auto decoder = OpenAs("BMP", bytes, DecodeOptions());
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  EXPECT_EQ(DecodeWhole(**decoder).status(),
            absl::DataLossError("BMP: colour 6 is not in the palette of 6"));
}

TEST(BmpDecoderTest, EveryPrefixIsTruncated) {
  for (const int bits : {8, 24, 32}) {
    const std::string bytes = Bmp(bits, 2);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const absl::Status status = Refusal(bytes.substr(0, size));
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
      EXPECT_EQ(status.message().substr(0, 15), "BMP: truncated:");
    }
  }
}

TEST(BmpDecoderTest, SaysWhatIsNotRead) {
  const auto message = [](const std::string& bytes) {
    const absl::Status status = Refusal(bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(message(ReadTestImage("one_bit.bmp")),
            "BMP: 1 bits a pixel; uncompressed files of 8 (palette), 24 or 32 "
            "bits a pixel are read: convert it to PNG");
  EXPECT_EQ(message(Bmp(8, 2, /*compression=*/1)).substr(0, 18),
            "BMP: compression 1");
  std::string bytes = Bmp(24, 2);
  bytes[14] = 12;
  EXPECT_EQ(message(bytes).substr(0, 26), "BMP: a header of 12 bytes;");
  bytes = Bmp(32, 2, 3);
  bytes[54] = 1;
  EXPECT_EQ(message(bytes).substr(0, 29), "BMP: another order of colours");
  // Sizes of nothing, and of everything.
  EXPECT_EQ(message(Bmp(24, 0)).substr(0, 34),
            "BMP: has no pixels: its header say");
  EXPECT_EQ(message(Bmp(24, INT32_MIN)).substr(0, 34),
            "BMP: 3 x 2147483648 pixels are mor");
}

// 2^31 rows of 2^33 bytes would be 0 bytes in 64 bits.
TEST(BmpDecoderTest, RefusesALongSideWhateverTheLimitOfPixels) {
  std::string bytes = Bmp(32, INT32_MIN);
  bytes.replace(18, 4, Number(INT32_MAX, 4));
  DecodeOptions options;
  options.max_pixels = INT64_MAX;
  EXPECT_EQ(OpenAs("BMP", bytes, options).status(),
            absl::InvalidArgumentError(
                "BMP: a side of 2147483648 pixels is longer than the limit of "
                "1048576; cut the image into pieces"));
}

TEST(BmpDecoderTest, PlacesOutsideTheFileAreErrors) {
  std::string bytes = Bmp(24, 2);
  bytes[10] = 20;  // where the pixels begin
  EXPECT_EQ(Refusal(bytes),
            absl::DataLossError("BMP: the pixels begin within the header"));
  bytes = Bmp(8, 2);
  bytes[47] = 2;  // 512 colours
  EXPECT_EQ(Refusal(bytes),
            absl::DataLossError("BMP: no room for a palette of 512 colours"));
}

}  // namespace
}  // namespace caldera::data
