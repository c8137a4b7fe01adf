#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>

#include "data/decode/jpeg_testing.h"
#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

std::unique_ptr<PixelDecoder> Open(const std::string& bytes) {
  auto decoder = OpenAs("JPEG", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return decoder.ok() ? *std::move(decoder) : nullptr;
}

JpegKind Sampled(int horizontal, int vertical) {
  JpegKind kind;
  kind.horizontal_sampling = horizontal;
  kind.vertical_sampling = vertical;
  return kind;
}

const JpegKind kSubsampled = Sampled(2, 2);

TEST(JpegDecoderTest, ARegionEqualsTheSamePartOfTheWholeImage) {
  constexpr std::pair<int, int> kSizes[] = {{1, 1},   {7, 9},    {16, 16},
                                            {17, 33}, {75, 100}, {131, 90}};
  constexpr std::pair<int, int> kSamplings[] = {{1, 1}, {2, 1}, {2, 2},
                                                {1, 2}, {4, 1}, {4, 2}};
  for (const auto& [height, width] : kSizes) {
    const RgbImage picture = NaturalPicture(height, width, height);
    for (const auto& [horizontal, vertical] : kSamplings) {
      for (const bool progressive : {false, true}) {
        for (const int restart : {0, 3}) {
          JpegKind kind = Sampled(horizontal, vertical);
          kind.progressive = progressive;
          kind.restart_interval = restart;
          SCOPED_TRACE(testing::Message()
                       << horizontal << " x " << vertical << ", progressive "
                       << progressive << ", restart " << restart);
          const std::string bytes = EncodeJpeg(picture, kind);
          ExpectRegionsMatch(*Open(bytes), 60);
        }
      }
    }
    for (const bool arithmetic : {false, true}) {
      JpegKind kind;
      kind.grey = true;
      kind.arithmetic = arithmetic;
      const std::string bytes = EncodeJpeg(picture, kind);
      ExpectRegionsMatch(*Open(bytes), 60);
    }
  }
}

TEST(JpegDecoderTest, PixelsAreThoseEncoded) {
  const RgbImage picture = NaturalPicture(60, 80, 1);
  JpegKind kind;
  kind.quality = 100;
  const std::string bytes = EncodeJpeg(picture, kind);
  const auto image = DecodeWhole(*Open(bytes));
  ASSERT_TRUE(image.ok()) << image.status();
  // Rounding of the colours and of the coefficients.
  EXPECT_LE(MaxDifference(*image, picture), 5);
}

TEST(JpegDecoderTest, GreyBecomesThreeEqualChannels) {
  JpegKind kind;
  kind.grey = true;
  const std::string bytes = EncodeJpeg(NaturalPicture(30, 20, 1), kind);
  const auto image = DecodeWhole(*Open(bytes));
  ASSERT_TRUE(image.ok()) << image.status();
  for (size_t i = 0; i < image->pixels.size(); i += 3) {
    ASSERT_EQ(image->pixels[i], image->pixels[i + 1]);
    ASSERT_EQ(image->pixels[i], image->pixels[i + 2]);
  }
}

TEST(JpegDecoderTest, InkBecomesLight) {
  constexpr int64_t kHeight = 40, kWidth = 50;
  const RgbImage ink = NaturalPicture(kHeight, kWidth, 1);
  const RgbImage black = NaturalPicture(kHeight, kWidth, 2);
  std::vector<uint8_t> cmyk;
  RgbImage expected{kHeight, kWidth, {}};
  for (int64_t i = 0; i < kHeight * kWidth; ++i) {
    const uint8_t light = black.pixels[3 * i];
    for (int c = 0; c < 3; ++c) {
      const uint8_t channel = ink.pixels[3 * i + c];
      cmyk.push_back(channel);
      expected.pixels.push_back(
          static_cast<uint8_t>(std::lround(channel * light / 255.0)));
    }
    cmyk.push_back(light);
  }
  for (const bool ycck : {false, true}) {
    const std::string bytes = EncodeCmykJpeg(cmyk, kHeight, kWidth, ycck);
    const auto decoder = Open(bytes);
    const auto image = DecodeWhole(*decoder);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_LE(MaxDifference(*image, expected), 5) << "YCCK " << ycck;
    ExpectRegionsMatch(*decoder, 60);
  }
}

// Every prefix gives an error or, where only the end marker is missing, the
// same pixels; the pixels above the cut can still be decoded.
TEST(JpegDecoderTest, TruncatedIsAnError) {
  const RgbImage picture = NaturalPicture(60, 80, 1);
  for (const bool progressive : {false, true}) {
    JpegKind kind = kSubsampled;
    kind.progressive = progressive;
    const std::string bytes = EncodeJpeg(picture, kind);
    const auto whole = DecodeWhole(*Open(bytes));
    ASSERT_TRUE(whole.ok());
    for (size_t size = 3; size + 2 < bytes.size(); size += 5) {
      const std::string cut = bytes.substr(0, size);
      auto decoder = OpenAs("JPEG", cut, DecodeOptions());
      const auto image = decoder.ok()
                             ? DecodeWhole(**decoder)
                             : absl::StatusOr<RgbImage>(decoder.status());
      ASSERT_EQ(image.status().code(), absl::StatusCode::kDataLoss) << size;
      EXPECT_NE(image.status().message().find("truncated"), std::string::npos)
          << image.status();
    }
    const std::string no_end = bytes.substr(0, bytes.size() - 2);
    const auto image = DecodeWhole(*Open(no_end));
    if (progressive) {
      EXPECT_FALSE(image.ok());
    } else {
      ASSERT_TRUE(image.ok()) << image.status();
      EXPECT_EQ(image->pixels, whole->pixels);
      const std::string half = bytes.substr(0, bytes.size() / 2);
      EXPECT_TRUE(DecodeRegion(*Open(half), {0, 0, 8, 80}).ok());
    }
  }
}

TEST(JpegDecoderTest, DecodesAgainAfterAnError) {
  const std::string bytes = EncodeJpeg(NaturalPicture(60, 80, 1), kSubsampled);
  const std::string half = bytes.substr(0, bytes.size() / 2);
  const auto decoder = Open(half);
  EXPECT_FALSE(DecodeWhole(*decoder).ok());
  EXPECT_TRUE(DecodeRegion(*decoder, {0, 0, 8, 80}).ok());
  EXPECT_FALSE(DecodeWhole(*decoder).ok());
}

TEST(JpegDecoderTest, DamagedBytesReturn) {
  const std::string bytes = EncodeJpeg(NaturalPicture(40, 50, 1), kSubsampled);
  std::mt19937 random(1);
  int errors = 0;
  for (int i = 0; i < 400; ++i) {
    std::string damaged = bytes;
    for (int j = 0; j < 3; ++j) {
      damaged[2 + random() % (damaged.size() - 2)] =
          static_cast<char>(random());
    }
    DecodeOptions options;
    options.max_pixels = 1 << 16;
    auto decoder = OpenAs("JPEG", damaged, options);
    if (!decoder.ok() || !DecodeWhole(**decoder).ok()) ++errors;
  }
  EXPECT_GT(errors, 20);
}

TEST(JpegDecoderTest, SaysWhatIsNotRead) {
  // The frame header's precision and number of components.
  const std::string bytes = EncodeJpeg(NaturalPicture(8, 8, 1), JpegKind());
  const size_t frame = bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  std::string other = bytes;
  other[frame + 4] = 12;
  EXPECT_EQ(
      OpenAs("JPEG", other, DecodeOptions()).status(),
      absl::InvalidArgumentError("JPEG: Unsupported JPEG data precision 12"));
  other = bytes;
  other[frame + 1] = '\xc3';  // lossless
  EXPECT_EQ(OpenAs("JPEG", other, DecodeOptions()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// Repeats the last scan of a progressive JPEG until it has `scans` more.
std::string WithScans(const std::string& bytes, int scans) {
  const size_t last = bytes.rfind("\xff\xda");
  const size_t end = bytes.size() - 2;  // the end marker
  const std::string scan = bytes.substr(last, end - last);
  std::string more = bytes.substr(0, end);
  for (int i = 0; i < scans; ++i) more += scan;
  return more + bytes.substr(end);
}

TEST(JpegDecoderTest, RefusesManyScans) {
  JpegKind kind;
  kind.progressive = true;
  kind.grey = true;
  const std::string small = EncodeJpeg(NaturalPicture(8, 8, 1), kind);
  EXPECT_TRUE(DecodeWhole(*Open(WithScans(small, 150))).ok());
  EXPECT_EQ(DecodeWhole(*Open(WithScans(small, 250))).status(),
            absl::InvalidArgumentError("JPEG: more than 200 scans"));
  // Every scan visits all pixels.
  RgbImage large{6000, 6000, {}};
  large.pixels.resize(3 * large.height * large.width, 128);
  const std::string bytes = WithScans(EncodeJpeg(large, kind), 150);
  EXPECT_EQ(DecodeRegion(*Open(bytes), {0, 0, 8, 8}).status(),
            absl::InvalidArgumentError("JPEG: more than 119 scans"));
}

TEST(JpegDecoderTest, ASmallFileCannotAskForManyCoefficients) {
  JpegKind kind;
  kind.progressive = true;
  std::string bytes = EncodeJpeg(NaturalPicture(8, 8, 1), kind);
  const size_t frame = bytes.find("\xff\xc2");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\x30\x01\x30\x01");  // 12289 x 12289
  const absl::Status status = OpenAs("JPEG", bytes, DecodeOptions()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("bytes are too few for 12289 x 12289"),
            std::string::npos)
      << status;
}

TEST(JpegDecoderTest, RefusesTooManyPixelsByTheHeader) {
  std::string bytes = EncodeJpeg(NaturalPicture(8, 8, 1), JpegKind());
  const size_t frame = bytes.find("\xff\xc0");
  bytes.replace(frame + 5, 4, "\xfe\xfe\xfe\xfe");  // 65278 x 65278
  EXPECT_EQ(OpenAs("JPEG", bytes, DecodeOptions()).status(),
            absl::InvalidArgumentError(
                "JPEG: 65278 x 65278 pixels are more than the limit of "
                "178956970; if this is no decompression bomb, raise "
                "max_pixels"));
  DecodeOptions options;
  options.max_pixels = 63;
  const std::string small = EncodeJpeg(NaturalPicture(8, 8, 1), JpegKind());
  EXPECT_FALSE(OpenAs("JPEG", small, options).ok());
  options.max_pixels = 64;
  EXPECT_TRUE(OpenAs("JPEG", small, options).ok());
}

}  // namespace
}  // namespace caldera::data
