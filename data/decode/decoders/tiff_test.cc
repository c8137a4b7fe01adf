#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>

#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

using ::testing::StartsWith;

constexpr int kHeight = 21, kWidth = 37;
constexpr int kTile = 16;

struct TiffKind {
  int photometric = PHOTOMETRIC_MINISBLACK;
  int bits = 8;
  int samples = 1;
  bool planes = false, tiled = false;
  int strip_height = 8;
  int compression = COMPRESSION_NONE;
  std::string mode = "wl";  // little-endian; "wb": big-endian; "w8": BigTIFF
  std::function<void(TIFF*)> more_tags = [](TIFF*) {};
};

// A file in memory that libtiff writes.
struct File {
  std::string bytes;
  size_t position = 0;
};

TIFF* Create(File& file, const std::string& mode) {
  TIFFSetWarningHandler(nullptr);  // it prints
  return TIFFClientOpen(
      "test", mode.c_str(), &file,
      [](thandle_t h, void* to, tmsize_t count) -> tmsize_t {
        auto* f = static_cast<File*>(h);
        const size_t size =
            std::min<size_t>(count, f->bytes.size() - f->position);
        std::memcpy(to, &f->bytes[f->position], size);
        f->position += size;
        return size;
      },
      [](thandle_t h, void* from, tmsize_t count) -> tmsize_t {
        auto* f = static_cast<File*>(h);
        if (f->bytes.size() < f->position + count) {
          f->bytes.resize(f->position + count);
        }
        std::memcpy(&f->bytes[f->position], from, count);
        f->position += count;
        return count;
      },
      [](thandle_t h, toff_t offset, int whence) -> toff_t {
        auto* f = static_cast<File*>(h);
        if (whence == SEEK_CUR) offset += f->position;
        if (whence == SEEK_END) offset += f->bytes.size();
        return f->position = offset;
      },
      [](thandle_t) { return 0; },
      [](thandle_t h) -> toff_t { return static_cast<File*>(h)->bytes.size(); },
      nullptr, nullptr);
}

// Packs rows of samples, the first one in the highest bits.
std::vector<uint8_t> Pack(const std::vector<std::vector<int>>& rows, int bits) {
  std::vector<uint8_t> packed;
  for (const std::vector<int>& row : rows) {
    const size_t begin = packed.size();
    packed.resize(begin + (row.size() * bits + 7) / 8);
    for (size_t i = 0; i < row.size(); ++i) {
      if (bits == 16) {
        const auto value = static_cast<uint16_t>(row[i]);
        std::memcpy(&packed[begin + 2 * i], &value, 2);
        continue;
      }
      for (int b = 0; b < bits; ++b) {
        const size_t bit = i * bits + b;
        if ((row[i] >> (bits - 1 - b) & 1) != 0) {
          packed[begin + bit / 8] |= 128 >> bit % 8;
        }
      }
    }
  }
  return packed;
}

// `samples` [kHeight, kWidth, kind.samples], each below 2^bits. Colour i of a
// palette is (i, 255 - i, 3 i mod 256).
std::string EncodeTiff(const TiffKind& kind, const std::vector<int>& samples) {
  File file;
  TIFF* tiff = Create(file, kind.mode);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, kWidth);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, kHeight);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
               kind.planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  if (kind.tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kTile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, kTile);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, kind.strip_height);
  }
  if (kind.photometric == PHOTOMETRIC_PALETTE) {
    std::vector<uint16_t> red, green, blue;
    for (int i = 0; i < 1 << kind.bits; ++i) {
      red.push_back(i << 8 | 7);
      green.push_back((255 - i) << 8);
      blue.push_back((3 * i % 256) << 8);
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
  }
  kind.more_tags(tiff);
  const int planes = kind.planes ? kind.samples : 1;
  const int together = kind.planes ? 1 : kind.samples;
  const int height = kind.tiled ? kTile : kind.strip_height;
  const int width = kind.tiled ? kTile : kWidth;
  int block = 0;
  for (int plane = 0; plane < planes; ++plane) {
    for (int y0 = 0; y0 < kHeight; y0 += height) {
      for (int x0 = 0; x0 < kWidth; x0 += width, ++block) {
        std::vector<std::vector<int>> rows;
        for (int y = y0; y < y0 + height; ++y) {
          if (!kind.tiled && y >= kHeight) break;
          rows.emplace_back();
          for (int x = x0; x < x0 + width; ++x) {
            for (int s = plane; s < plane + together; ++s) {
              const bool inside = y < kHeight && x < kWidth;
              rows.back().push_back(
                  inside ? samples[(y * kWidth + x) * kind.samples + s] : 0);
            }
          }
        }
        std::vector<uint8_t> packed = Pack(rows, kind.bits);
        if (kind.tiled) {
          TIFFWriteEncodedTile(tiff, block, packed.data(), packed.size());
        } else {
          TIFFWriteEncodedStrip(tiff, block, packed.data(), packed.size());
        }
      }
    }
  }
  TIFFClose(tiff);
  return file.bytes;
}

std::vector<int> Samples(const TiffKind& kind) {
  std::mt19937 random(1);
  std::vector<int> samples(kHeight * kWidth * kind.samples);
  for (int& sample : samples) sample = random() % (1 << kind.bits);
  return samples;
}

std::vector<uint8_t> Expected(const TiffKind& kind,
                              const std::vector<int>& samples) {
  std::vector<uint8_t> pixels;
  const int most = (1 << kind.bits) - 1;
  for (int i = 0; i < kHeight * kWidth; ++i) {
    const int* pixel = &samples[i * kind.samples];
    const auto eight_bits = [&](int s) {
      return kind.bits > 8 ? pixel[s] >> (kind.bits - 8)
                           : pixel[s] * 255 / most;
    };
    for (int c = 0; c < 3; ++c) {
      int value = 0;
      switch (kind.photometric) {
        case PHOTOMETRIC_MINISBLACK:
          value = eight_bits(0);
          break;
        case PHOTOMETRIC_MINISWHITE:
          value = 255 - eight_bits(0);
          break;
        case PHOTOMETRIC_PALETTE:
          value = c == 0   ? pixel[0]
                  : c == 1 ? 255 - pixel[0]
                           : 3 * pixel[0] % 256;
          break;
        case PHOTOMETRIC_RGB:
          value = eight_bits(c);
          break;
        case PHOTOMETRIC_SEPARATED: {
          const int light = 255 - eight_bits(3);
          value = light - (eight_bits(c) * light * 2 + 255) / 510;
          break;
        }
      }
      pixels.push_back(static_cast<uint8_t>(value));
    }
  }
  return pixels;
}

std::unique_ptr<PixelDecoder> Open(const std::string& bytes) {
  auto decoder = OpenAs("TIFF", bytes, DecodeOptions());
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return decoder.ok() ? *std::move(decoder) : nullptr;
}

std::vector<uint8_t> Pixels(const std::string& bytes) {
  const auto decoder = Open(bytes);
  if (decoder == nullptr) return {};
  const auto image = DecodeWhole(*decoder);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? image->pixels : std::vector<uint8_t>();
}

TEST(TiffDecoderTest, EveryKindBecomesRgb) {
  std::vector<TiffKind> kinds;
  for (const int bits : {1, 2, 4, 8, 12, 16}) {
    kinds.push_back({PHOTOMETRIC_MINISBLACK, bits, 1});
    kinds.push_back({PHOTOMETRIC_MINISWHITE, bits, 1});
    kinds.push_back({PHOTOMETRIC_MINISBLACK, bits, 2});
    kinds.push_back({PHOTOMETRIC_RGB, bits, 3});
    if (bits <= 8) kinds.push_back({PHOTOMETRIC_PALETTE, bits, 1});
    if (bits >= 8) kinds.push_back({PHOTOMETRIC_RGB, bits, 4});
    if (bits >= 8) kinds.push_back({PHOTOMETRIC_SEPARATED, bits, 4});
  }
  for (TiffKind kind : kinds) {
    for (const bool planes : {false, true}) {
      for (const bool tiled : {false, true}) {
        for (const char* mode : {"wl", "wb", "w8"}) {
          for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW}) {
            SCOPED_TRACE(testing::Message()
                         << kind.photometric << ", " << kind.bits << " bits, "
                         << kind.samples << " samples, " << planes << tiled
                         << mode << compression);
            kind.planes = planes;
            kind.tiled = tiled;
            kind.mode = mode;
            kind.compression = compression;
            const std::vector<int> samples = Samples(kind);
            const std::string bytes = EncodeTiff(kind, samples);
            ASSERT_EQ(Pixels(bytes), Expected(kind, samples));
            ExpectRegionsMatch(*Open(bytes), 6);
          }
        }
      }
    }
  }
}

TEST(TiffDecoderTest, EveryCompressionIsRead) {
  for (const int compression :
       {COMPRESSION_PACKBITS, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
        COMPRESSION_LZMA, COMPRESSION_ZSTD}) {
    SCOPED_TRACE(compression);
    TiffKind kind{PHOTOMETRIC_RGB, 8, 3};
    kind.compression = compression;
    const std::vector<int> samples = Samples(kind);
    EXPECT_EQ(Pixels(EncodeTiff(kind, samples)), Expected(kind, samples));
  }
  for (const int compression :
       {COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4}) {
    SCOPED_TRACE(compression);
    TiffKind kind{PHOTOMETRIC_MINISWHITE, 1, 1};
    kind.compression = compression;
    const std::vector<int> samples = Samples(kind);
    const std::string bytes = EncodeTiff(kind, samples);
    EXPECT_EQ(Pixels(bytes), Expected(kind, samples));
    ExpectRegionsMatch(*Open(bytes), 10);
  }
  TiffKind kind{PHOTOMETRIC_RGB, 8, 3};
  kind.compression = COMPRESSION_WEBP;
  kind.more_tags = [](TIFF* tiff) {
    TIFFSetField(tiff, TIFFTAG_WEBP_LOSSLESS, 1);
  };
  const std::vector<int> samples = Samples(kind);
  EXPECT_EQ(Pixels(EncodeTiff(kind, samples)), Expected(kind, samples));
}

TEST(TiffDecoderTest, YCbCrHasRegionsToo) {
  for (const char* name : {"jpeg.tif", "lzw_ycbcr.tif"}) {
    const std::string bytes = ReadTestImage(name);
    ExpectRegionsMatch(*Open(bytes), 40);
  }
}

TEST(TiffDecoderTest, ColoursThatAlphaMultipliedAreDivided) {
  for (const int bits : {8, 16}) {
    TiffKind kind{PHOTOMETRIC_RGB, bits, 4};
    kind.more_tags = [](TIFF* tiff) {
      uint16_t extra = EXTRASAMPLE_ASSOCALPHA;
      TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    };
    std::vector<int> samples = Samples(kind);
    const int low = bits == 16 ? 8 : 0;
    const int first[] = {100, 50, 255, 128, 7, 8, 9, 0};
    for (int i = 0; i < 8; ++i) samples[i] = first[i] << low;
    std::vector<uint8_t> pixels = Pixels(EncodeTiff(kind, samples));
    pixels.resize(6);
    EXPECT_EQ(pixels, (std::vector<uint8_t>{199, 99, 255, 0, 0, 0}));
  }
}

TEST(TiffDecoderTest, APaletteOfBytesIsNotBlack) {
  TiffKind kind{PHOTOMETRIC_PALETTE, 8, 1};
  kind.more_tags = [](TIFF* tiff) {
    std::vector<uint16_t> channel(256);
    for (int i = 0; i < 256; ++i) channel[i] = i;
    TIFFSetField(tiff, TIFFTAG_COLORMAP, channel.data(), channel.data(),
                 channel.data());
  };
  const std::vector<int> samples = Samples(kind);
  EXPECT_EQ(Pixels(EncodeTiff(kind, samples))[0], samples[0]);
}

TEST(TiffDecoderTest, TheOrientationAlwaysTurns) {
  for (const bool apply_exif_orientation : {false, true}) {
    const std::string bytes = ReadTestImage("orientation_6.tif");
    DecodeOptions options;
    options.apply_exif_orientation = apply_exif_orientation;
    auto decoder = OpenAs("TIFF", bytes, options);
    ASSERT_TRUE(decoder.ok()) << decoder.status();
    EXPECT_EQ((*decoder)->height(), 35);
    ExpectRegionsMatch(**decoder, 20);
  }
}

std::string Refusal(const std::string& bytes) {
  const absl::Status status = OpenAs("TIFF", bytes, DecodeOptions()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

std::string Refusal(const TiffKind& kind) {
  return Refusal(
      EncodeTiff(kind, std::vector<int>(kHeight * kWidth * kind.samples)));
}

TEST(TiffDecoderTest, SaysWhatIsNotRead) {
  TiffKind kind{PHOTOMETRIC_MINISBLACK, 16, 1};
  kind.more_tags = [](TIFF* tiff) {
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  };
  EXPECT_EQ(Refusal(kind),
            "TIFF: floating-point samples of 16 bits, which have no white; "
            "grey, palette, RGB, CMYK and YCbCr of 1 to 16 bits are read: "
            "convert it to PNG");
  kind.more_tags = [](TIFF* tiff) {
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT);
  };
  EXPECT_THAT(Refusal(kind), StartsWith("TIFF: samples of 16 bits, signed;"));
  EXPECT_THAT(Refusal(TiffKind{PHOTOMETRIC_MINISBLACK, 8, 13}),
              StartsWith("TIFF: 13 samples a pixel;"));
  EXPECT_THAT(Refusal(TiffKind{PHOTOMETRIC_RGB, 8, 2}),
              StartsWith("TIFF: 2 samples a pixel;"));
  EXPECT_THAT(Refusal(TiffKind{PHOTOMETRIC_CIELAB, 8, 3}),
              StartsWith("TIFF: photometric interpretation 8;"));
  kind = {PHOTOMETRIC_RGB, 8, 3};
  kind.more_tags = [](TIFF* tiff) {
    TIFFSetField(tiff, TIFFTAG_DNGVERSION, "\1\4\0\0");
  };
  EXPECT_THAT(Refusal(kind), StartsWith("TIFF: a camera's raw file (DNG);"));
  std::string raw = EncodeTiff({}, Samples({}));
  raw.replace(8, 2, "CR");
  EXPECT_THAT(Refusal(raw), StartsWith("TIFF: a camera's raw file (CR2);"));
}

// Puts a number in place of the value of a tag, in a little-endian file.
std::string Replace(std::string bytes, int tag, uint32_t value) {
  const auto number = [&](size_t at, int size) {
    uint32_t n = 0;
    for (int i = size - 1; i >= 0; --i) {
      n = n << 8 | static_cast<uint8_t>(bytes[at + i]);
    }
    return n;
  };
  const size_t directory = number(4, 4);
  for (size_t i = 0; i < number(directory, 2); ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (number(entry, 2) != static_cast<uint32_t>(tag)) continue;
    bytes[entry + 2] = 4;  // a LONG
    for (int b = 0; b < 4; ++b) {
      bytes[entry + 8 + b] = static_cast<char>(value >> 8 * b);
    }
    return bytes;
  }
  ADD_FAILURE() << "no tag " << tag;
  return bytes;
}

TEST(TiffDecoderTest, CompressionsThatAreNotLinkedAreNamed) {
  const std::string bytes = EncodeTiff({}, Samples({}));
  for (const int compression : {COMPRESSION_JBIG, COMPRESSION_LERC, 12345}) {
    EXPECT_THAT(
        Refusal(Replace(bytes, TIFFTAG_COMPRESSION, compression)),
        StartsWith("TIFF: compression " + std::to_string(compression) + ";"));
  }
}

TEST(TiffDecoderTest, SizesAreRefusedByTheHeader) {
  const std::string bytes = EncodeTiff({}, Samples({}));
  DecodeOptions options;
  options.max_pixels = kHeight * kWidth - 1;
  EXPECT_EQ(OpenAs("TIFF", bytes, options).status(),
            absl::InvalidArgumentError(
                "TIFF: 37 x 21 pixels are more than the limit of 776; if this "
                "is no decompression bomb, raise max_pixels"));
  options.max_pixels = kHeight * kWidth;
  EXPECT_TRUE(OpenAs("TIFF", bytes, options).ok());

  TiffKind tiles;
  tiles.tiled = true;
  const std::string bomb = Replace(
      Replace(EncodeTiff(tiles, Samples(tiles)), TIFFTAG_TILEWIDTH, 1 << 20),
      TIFFTAG_TILELENGTH, 1 << 20);
  EXPECT_EQ(OpenAs("TIFF", bomb, DecodeOptions()).status(),
            absl::DataLossError("TIFF: tiles of 1048576 x 1048576 pixels in an "
                                "image of 37 x 21"));
}

TEST(TiffDecoderTest, ThePixelsOfACutFileAreErrors) {
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE}) {
    TiffKind kind{PHOTOMETRIC_RGB, 8, 3};
    kind.compression = compression;
    const std::string bytes = EncodeTiff(kind, Samples(kind));
    for (size_t size = 4; size < bytes.size(); size += 41) {
      const std::string cut = bytes.substr(0, size);
      auto decoder = OpenAs("TIFF", cut, DecodeOptions());
      // The directory is at the end, and what is cut off it are tags.
      if (decoder.ok()) continue;
      EXPECT_EQ(decoder.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(std::string(decoder.status().message()),
                  StartsWith("TIFF: truncated: "));
    }
    // A strip that is missing, and one that goes beyond the end.
    kind.strip_height = kHeight;
    const std::string one_strip = EncodeTiff(kind, Samples(kind));
    for (const std::string& damaged :
         {Replace(bytes, TIFFTAG_IMAGELENGTH, 2 * kHeight),
          Replace(one_strip, TIFFTAG_STRIPOFFSETS, one_strip.size() - 10)}) {
      auto decoder = OpenAs("TIFF", damaged, DecodeOptions());
      ASSERT_TRUE(decoder.ok()) << decoder.status();
      EXPECT_EQ(DecodeWhole(**decoder).status().code(),
                absl::StatusCode::kDataLoss);
    }
  }
}

}  // namespace
}  // namespace caldera::data
