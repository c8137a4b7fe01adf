#include "data/decode/pixel_decoder_testing.h"

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

RgbImage Cut(const RgbImage& image, const Rectangle& rectangle) {
  RgbImage cut{rectangle.height, rectangle.width, {}};
  for (int64_t y = 0; y < rectangle.height; ++y) {
    const auto row = image.pixels.begin() +
                     3 * ((rectangle.top + y) * image.width + rectangle.left);
    cut.pixels.insert(cut.pixels.end(), row, row + 3 * rectangle.width);
  }
  return cut;
}

}  // namespace

RgbImage NaturalPicture(int64_t height, int64_t width, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 8);
  RgbImage image{height, width, {}};
  image.pixels.reserve(3 * height * width);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double value =
            128 + 50 * std::sin(x / (29.0 + c)) * std::cos(y / (23.0 + 3 * c)) +
            30 * std::sin((x + 2 * y) / (5.0 + c)) +
            (x * 3 > y * (c + 2) ? 25 : -25) + noise(random);
        image.pixels.push_back(
            static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)));
      }
    }
  }
  return image;
}

absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenAs(
    absl::string_view format, absl::string_view bytes,
    const DecodeOptions& options) {
  for (const ImageFormat& one : ImageFormats()) {
    if (one.name == format) return one.open(bytes, options);
  }
  LOG(FATAL) << "no format " << format;
}

absl::StatusOr<RgbImage> DecodeRegion(PixelDecoder& decoder,
                                      const Rectangle& rectangle) {
  RgbImage image{rectangle.height, rectangle.width, {}};
  image.pixels.resize(3 * rectangle.height * rectangle.width);
  const absl::Status status = decoder.Decode(rectangle, image.pixels.data());
  if (!status.ok()) return status;
  return image;
}

absl::StatusOr<RgbImage> DecodeWhole(PixelDecoder& decoder) {
  return DecodeRegion(decoder, {0, 0, decoder.height(), decoder.width()});
}

void ExpectRegionsMatch(PixelDecoder& decoder, int count) {
  const auto whole = DecodeWhole(decoder);
  ASSERT_TRUE(whole.ok()) << whole.status();
  std::mt19937 random(7);
  const auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int i = 0; i < count; ++i) {
    Rectangle r;
    // Every third rectangle is small, every third a strip.
    r.height = draw(1, i % 3 == 0 ? std::min<int64_t>(4, decoder.height())
                                  : decoder.height());
    r.width = i % 3 == 1
                  ? decoder.width()
                  : draw(1, i % 3 == 0 ? std::min<int64_t>(4, decoder.width())
                                       : decoder.width());
    r.top = draw(0, decoder.height() - r.height);
    r.left = draw(0, decoder.width() - r.width);
    const auto region = DecodeRegion(decoder, r);
    ASSERT_TRUE(region.ok()) << region.status();
    ASSERT_TRUE(region->pixels == Cut(*whole, r).pixels)
        << r.height << " x " << r.width << " at " << r.top << ", " << r.left
        << " of " << decoder.height() << " x " << decoder.width();
  }
}

int MaxDifference(const RgbImage& a, const RgbImage& b) {
  CHECK_EQ(a.height, b.height);
  CHECK_EQ(a.width, b.width);
  int difference = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    difference =
        std::max(difference, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return difference;
}

std::string ReadTestImage(const std::string& name) {
  std::ifstream file("data/decode/testdata/images/" + name, std::ios::binary);
  CHECK(file.good()) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace caldera::data
