#include <glog/logging.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

constexpr int kHeight = 13, kWidth = 21;

struct PngKind {
  int colour_type, bits;
  bool interlaced;
  int significant = 0;  // what the sBIT chunk says of each channel
};

int Channels(int colour_type) {
  switch (colour_type) {
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return 4;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    default:
      return 1;
  }
}

// `samples` [kHeight, kWidth, channels], each below 2^bits. A palette entry
// i is (i, 255 - i, 3 i mod 256).
std::string EncodePng(const PngKind& kind, const std::vector<int>& samples) {
  std::string bytes;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp p, png_bytep data, size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))
            ->append(reinterpret_cast<const char*>(data), size);
      },
      nullptr);
  png_set_IHDR(png, info, kWidth, kHeight, kind.bits, kind.colour_type,
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  if (kind.colour_type == PNG_COLOR_TYPE_PALETTE) {
    for (int i = 0; i < 1 << kind.bits; ++i) {
      palette.push_back({static_cast<png_byte>(i),
                         static_cast<png_byte>(255 - i),
                         static_cast<png_byte>(3 * i)});
    }
    png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
    png_byte alpha[] = {0, 100};
    png_set_tRNS(png, info, alpha, 2, nullptr);
  }
  if (kind.significant != 0) {
    const auto bits = static_cast<png_byte>(kind.significant);
    const png_color_8 significant = {bits, bits, bits, bits, bits};
    png_set_sBIT(png, info, &significant);
  }
  png_write_info(png, info);
  const int values = kWidth * Channels(kind.colour_type);
  std::vector<std::vector<png_byte>> rows;
  std::vector<png_bytep> pointers;
  for (int y = 0; y < kHeight; ++y) {
    std::vector<png_byte> row((values * kind.bits + 7) / 8);
    for (int i = 0; i < values; ++i) {
      const int sample = samples[y * values + i];
      if (kind.bits == 16) {
        row[2 * i] = static_cast<png_byte>(sample >> 8);
        row[2 * i + 1] = static_cast<png_byte>(sample);
      } else {  // the first sample in the highest bits
        const int bit = i * kind.bits;
        row[bit / 8] |= sample << (8 - kind.bits - bit % 8);
      }
    }
    rows.push_back(row);
  }
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

RgbImage Expected(const PngKind& kind, const std::vector<int>& samples) {
  const int channels = Channels(kind.colour_type);
  RgbImage image{kHeight, kWidth, {}};
  for (int i = 0; i < kHeight * kWidth; ++i) {
    for (int c = 0; c < 3; ++c) {
      const int sample = samples[i * channels + (channels >= 3 ? c : 0)];
      int value = sample;
      if (kind.colour_type == PNG_COLOR_TYPE_PALETTE) {
        value = c == 0 ? sample : c == 1 ? 255 - sample : 3 * sample % 256;
      } else if (kind.bits == 16) {
        value = sample >> 8;
      } else {
        value = sample * 255 / ((1 << kind.bits) - 1);
      }
      image.pixels.push_back(static_cast<uint8_t>(value));
    }
  }
  return image;
}

std::vector<int> Samples(const PngKind& kind) {
  std::mt19937 random(1);
  std::vector<int> samples(kHeight * kWidth * Channels(kind.colour_type));
  for (int& sample : samples) sample = random() % (1 << kind.bits);
  return samples;
}

std::unique_ptr<PixelDecoder> Open(const std::string& bytes) {
  auto decoder = OpenAs("PNG", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return decoder.ok() ? *std::move(decoder) : nullptr;
}

TEST(PngDecoderTest, EveryKindBecomesRgb) {
  constexpr std::pair<int, int> kKinds[] = {
      {PNG_COLOR_TYPE_GRAY, 1},        {PNG_COLOR_TYPE_GRAY, 2},
      {PNG_COLOR_TYPE_GRAY, 4},        {PNG_COLOR_TYPE_GRAY, 8},
      {PNG_COLOR_TYPE_GRAY, 16},       {PNG_COLOR_TYPE_PALETTE, 1},
      {PNG_COLOR_TYPE_PALETTE, 2},     {PNG_COLOR_TYPE_PALETTE, 4},
      {PNG_COLOR_TYPE_PALETTE, 8},     {PNG_COLOR_TYPE_GRAY_ALPHA, 8},
      {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {PNG_COLOR_TYPE_RGB, 8},
      {PNG_COLOR_TYPE_RGB, 16},        {PNG_COLOR_TYPE_RGB_ALPHA, 8},
      {PNG_COLOR_TYPE_RGB_ALPHA, 16}};
  for (const auto& [colour_type, bits] : kKinds) {
    for (const bool interlaced : {false, true}) {
      SCOPED_TRACE(testing::Message() << "colour type " << colour_type << ", "
                                      << bits << " bits, " << interlaced);
      const PngKind kind{colour_type, bits, interlaced};
      const std::vector<int> samples = Samples(kind);
      const std::string bytes = EncodePng(kind, samples);
      const auto decoder = Open(bytes);
      const auto image = DecodeWhole(*decoder);
      ASSERT_TRUE(image.ok()) << image.status();
      EXPECT_EQ(image->pixels, Expected(kind, samples).pixels);
      ExpectRegionsMatch(*decoder, 20);
    }
  }
}

// Expects that samples of 16 bits become these pixels, whole and in parts.
void ExpectPixels(const PngKind& kind, const std::vector<int>& samples,
                  const DecodeOptions& options,
                  const std::function<int(int)>& pixel) {
  const std::string bytes = EncodePng(kind, samples);
  const auto decoder = OpenAs("PNG", bytes, options);
  ASSERT_TRUE(decoder.ok()) << decoder.status();
  const auto image = DecodeWhole(**decoder);
  ASSERT_TRUE(image.ok()) << image.status();
  const int channels = Channels(kind.colour_type);
  for (int i = 0; i < kHeight * kWidth; ++i) {
    for (int c = 0; c < 3; ++c) {
      const int sample = samples[i * channels + (channels >= 3 ? c : 0)];
      ASSERT_EQ(image->pixels[3 * i + c], pixel(sample)) << sample;
    }
  }
  ExpectRegionsMatch(**decoder, 10);
}

constexpr int kColourTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};

// Returns samples of `bits` bits, as a camera writes them.
std::vector<int> LowBits(int colour_type, int bits) {
  return Samples({colour_type, bits, false});
}

TEST(PngDecoderTest, FollowsTheSignificantBits) {
  for (const int colour_type : kColourTypes) {
    for (const bool interlaced : {false, true}) {
      for (const int bits : {3, 8, 10, 12, 14, 15}) {
        SCOPED_TRACE(testing::Message() << "colour type " << colour_type << ", "
                                        << bits << " bits, " << interlaced);
        const PngKind kind{colour_type, 16, interlaced, bits};
        const std::vector<int> low = LowBits(colour_type, bits);
        const int largest = (1 << bits) - 1;
        ExpectPixels(kind, low, DecodeOptions(), [&](int sample) {
          return bits >= 8 ? sample >> (bits - 8) : sample * 255 / largest;
        });
        // The standard wants them in the high bits, either way.
        for (const bool stretched : {false, true}) {
          std::vector<int> high = low;
          for (int& sample : high) {
            sample = stretched ? (sample * 65535 + largest / 2) / largest
                               : sample << (16 - bits);
          }
          ExpectPixels(kind, high, DecodeOptions(),
                       [](int sample) { return sample >> 8; });
        }
      }
    }
  }
}

// 8-bit pixels, shifted to 12 bits, have the low bits of data of 16 bits.
TEST(PngDecoderTest, BrightensShiftedBytes) {
  const PngKind kind{PNG_COLOR_TYPE_RGB, 16, false, 12};
  std::vector<int> samples = LowBits(PNG_COLOR_TYPE_RGB, 8);
  for (int& sample : samples) sample <<= 4;
  ExpectPixels(kind, samples, DecodeOptions(),
               [](int sample) { return sample >> 4; });
}

TEST(PngDecoderTest, DoesNotBrightenADarkPhoto) {
  const PngKind kind{PNG_COLOR_TYPE_GRAY, 16, false, 14};
  std::vector<int> samples = LowBits(PNG_COLOR_TYPE_GRAY, 11);
  for (int& sample : samples) sample <<= 2;
  ExpectPixels(kind, samples, DecodeOptions(),
               [](int sample) { return sample >> 8; });
}

TEST(PngDecoderTest, TheOptionSaysHowManyBitsThereAre) {
  for (const int announced : {0, 10, 16}) {
    const PngKind kind{PNG_COLOR_TYPE_RGB, 16, false, announced};
    const std::vector<int> samples = Samples(kind);
    for (const int bits : {1, 7, 8, 12, 16}) {
      DecodeOptions options;
      options.png_bits = bits;
      const int largest = (1 << bits) - 1;
      ExpectPixels(kind, samples, options, [&](int sample) {
        sample = std::min(sample, largest);
        return bits >= 8 ? sample >> (bits - 8) : sample * 255 / largest;
      });
    }
  }
  // Other PNGs have as many bits as they say.
  const PngKind kind{PNG_COLOR_TYPE_GRAY, 8, false};
  DecodeOptions options;
  options.png_bits = 12;
  ExpectPixels(kind, Samples(kind), options, [](int sample) { return sample; });
}

// One test, since a process warns once.
TEST(PngDecoderTest, WarnsOnceOfDarkDataWithoutSignificantBits) {
  const auto warnings = [](const PngKind& kind, const std::vector<int>& samples,
                           int png_bits) {
    DecodeOptions options;
    options.png_bits = png_bits;
    const std::string bytes = EncodePng(kind, samples);
    testing::internal::CaptureStderr();
    auto decoder = OpenAs("PNG", bytes, options);
    EXPECT_TRUE(DecodeWhole(**decoder).ok());
    google::FlushLogFiles(google::INFO);
    return testing::internal::GetCapturedStderr();
  };
  const PngKind kind{PNG_COLOR_TYPE_RGB, 16, false};
  const std::vector<int> dark = LowBits(PNG_COLOR_TYPE_RGB, 12);
  const std::vector<int> black(dark.size(), 0);
  EXPECT_EQ(warnings(kind, Samples(kind), 0), "");
  EXPECT_EQ(warnings(kind, black, 0), "");
  EXPECT_EQ(warnings(kind, dark, 16), "");
  const PngKind announced{PNG_COLOR_TYPE_RGB, 16, false, 16};
  EXPECT_EQ(warnings(announced, dark, 0), "");
  EXPECT_THAT(warnings(kind, dark, 0),
              testing::HasSubstr("if its data have 12 bits, set "
                                 "data.png_bits=12"));
  EXPECT_EQ(warnings(kind, dark, 0), "");
}

// Appends a chunk before the first IDAT.
std::string WithChunk(const std::string& png, const std::string& type,
                      const std::string& data) {
  const auto number = [](uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(value >> shift));
    }
    return bytes;
  };
  const std::string body = type + data;
  const uint32_t crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                             static_cast<uInt>(body.size()));
  std::string changed = png;
  changed.insert(
      png.find("IDAT") - 4,
      number(static_cast<uint32_t>(data.size())) + body + number(crc));
  return changed;
}

// Each of these chunks inflates to 7 MB, and libpng would keep them.
TEST(PngDecoderTest, TextsAreNotInflated) {
  const std::string text(7 << 20, 'a');
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(&packed[0]), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  packed.resize(size);
  const PngKind kind{PNG_COLOR_TYPE_RGB, 8, false};
  const std::string plain = EncodePng(kind, Samples(kind));
  std::string bytes = plain;
  for (int i = 0; i < 200; ++i) {
    bytes = WithChunk(bytes, "zTXt", std::string("Comment\0\0", 9) + packed);
  }
  bytes = WithChunk(bytes, "iCCP", std::string("profile\0\0", 9) + packed);
  struct rusage before, after;
  ASSERT_EQ(getrusage(RUSAGE_SELF, &before), 0);
  const auto image = DecodeWhole(*Open(bytes));
  ASSERT_EQ(getrusage(RUSAGE_SELF, &after), 0);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->pixels, Expected(kind, Samples(kind)).pixels);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);  // KiB
}

TEST(PngDecoderTest, RefusesALongSide) {
  const PngKind kind{PNG_COLOR_TYPE_GRAY, 8, false};
  std::string bytes = EncodePng(kind, Samples(kind));
  bytes.replace(16, 8, std::string("\0\x10\0\1\0\0\0\1", 8));
  const uint32_t crc =
      crc32(0, reinterpret_cast<const Bytef*>(&bytes[12]), 4 + 13);
  for (int i = 0; i < 4; ++i) {
    bytes[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
  }
  EXPECT_EQ(OpenAs("PNG", bytes, DecodeOptions()).status(),
            absl::InvalidArgumentError(
                "PNG: a side of 1048577 pixels is longer than the limit of "
                "1048576; cut the image into pieces"));
}

TEST(PngDecoderTest, TruncatedOrDamagedIsAnError) {
  for (const bool interlaced : {false, true}) {
    const PngKind kind{PNG_COLOR_TYPE_RGB, 8, interlaced};
    const std::string bytes = EncodePng(kind, Samples(kind));
    // The end chunk of 12 bytes and the checksum before it are not read.
    for (size_t size = 8; size < bytes.size() - 24; size += 3) {
      const std::string cut = bytes.substr(0, size);
      auto decoder = OpenAs("PNG", cut, DecodeOptions());
      const auto image = decoder.ok()
                             ? DecodeWhole(**decoder)
                             : absl::StatusOr<RgbImage>(decoder.status());
      EXPECT_EQ(image.status(), absl::DataLossError("PNG: truncated")) << size;
    }
    std::string damaged = bytes;
    damaged[20] ^= 1;  // the width: the checksum no longer fits
    EXPECT_EQ(OpenAs("PNG", damaged, DecodeOptions()).status(),
              absl::DataLossError("PNG: IHDR: CRC error"));
  }
}

TEST(PngDecoderTest, RefusesTooManyPixelsByTheHeader) {
  EXPECT_EQ(OpenAs("PNG", ReadTestImage("bomb.png"), DecodeOptions()).status(),
            absl::InvalidArgumentError(
                "PNG: 2147483647 x 2147483647 pixels are more than the limit "
                "of 178956970; if this is no decompression bomb, raise "
                "max_pixels"));
  const PngKind kind{PNG_COLOR_TYPE_GRAY, 8, false};
  const std::string bytes = EncodePng(kind, Samples(kind));
  DecodeOptions options;
  options.max_pixels = kHeight * kWidth - 1;
  EXPECT_EQ(OpenAs("PNG", bytes, options).status(),
            absl::InvalidArgumentError(
                "PNG: 21 x 13 pixels are more than the limit of 272; if this "
                "is no decompression bomb, raise max_pixels"));
  options.max_pixels = kHeight * kWidth;
  EXPECT_TRUE(OpenAs("PNG", bytes, options).ok());
}

}  // namespace
}  // namespace caldera::data
