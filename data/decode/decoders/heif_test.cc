#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/decode/heif_library.h"
#include "data/decode/image_format.h"
#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<RgbImage> Decode(const char* format, const std::string& bytes,
                                bool apply_exif_orientation = false) {
  DecodeOptions options;
  options.apply_exif_orientation = apply_exif_orientation;
  auto decoder = OpenAs(format, bytes, options);
  if (!decoder.ok()) return decoder.status();
  ExpectRegionsMatch(**decoder, 20);
  return DecodeWhole(**decoder);
}

RgbImage TestImage(const char* format, const char* name,
                   bool apply_exif_orientation = false) {
  const auto image =
      Decode(format, ReadTestImage(name), apply_exif_orientation);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? *image : RgbImage();
}

// Where libheif is not installed, these say so and pass.
class HeifDecoderTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string package = MissingPackageFor(GetParam());
    if (!package.empty()) GTEST_SKIP() << "needs " << package;
  }
};
class HeicTest : public HeifDecoderTest {};
class AvifTest : public HeifDecoderTest {};
INSTANTIATE_TEST_SUITE_P(Heic, HeicTest, testing::Values("a.heic"));
INSTANTIATE_TEST_SUITE_P(Avif, AvifTest, testing::Values("a.avif"));

TEST_P(HeicTest, PixelsAreThoseEncoded) {
  EXPECT_EQ(TestImage("HEIC", "lossless.heic").pixels,
            TestImage("PNG", "rgb.png").pixels);
}

TEST_P(HeicTest, IsAlwaysTurned) {
  const std::vector<uint8_t> turned =
      TestImage("PNG", "orientation_6.png", true).pixels;
  EXPECT_EQ(TestImage("HEIC", "orientation_6.heic", true).pixels, turned);
  EXPECT_EQ(TestImage("HEIC", "orientation_6.heic", false).pixels, turned);
}

TEST_P(AvifTest, IsTurnedIfAsked) {
  const RgbImage plain = TestImage("PNG", "rgb.png");
  const RgbImage turned = TestImage("PNG", "orientation_6.png", true);
  EXPECT_LE(MaxDifference(TestImage("AVIF", "fine.avif"), plain), 4);
  EXPECT_LE(MaxDifference(TestImage("AVIF", "orientation_6.avif"), plain), 4);
  EXPECT_LE(
      MaxDifference(TestImage("AVIF", "orientation_6.avif", true), turned), 4);
}

TEST_P(HeicTest, EveryPrefixIsAnError) {
  const std::string bytes = ReadTestImage("lossless.heic");
  for (size_t size = 0; size < bytes.size() - 1; size += 53) {
    const absl::Status status = Decode("HEIC", bytes.substr(0, size)).status();
    EXPECT_FALSE(status.ok()) << size;
    EXPECT_THAT(std::string(status.message()), StartsWith("HEIC: "));
  }
}

TEST_P(HeicTest, RefusesTooManyPixels) {
  const std::string bytes = ReadTestImage("lossless.heic");
  DecodeOptions options;
  options.max_pixels = 21 * 35 - 1;
  EXPECT_EQ(OpenAs("HEIC", bytes, options).status(),
            absl::InvalidArgumentError(
                "HEIC: 35 x 21 pixels are more than the limit of 734; if this "
                "is no decompression bomb, raise max_pixels"));
  options.max_pixels = 21 * 35;
  EXPECT_TRUE(OpenAs("HEIC", bytes, options).ok());
}

TEST(HeifTest, FilesAreImagesIfTheyCanBeDecoded) {
  for (const char* name : {"a.heic", "b.HEIF", "c.hif", "d.avif"}) {
    EXPECT_EQ(IsImageName(name), MissingPackageFor(name).empty()) << name;
  }
  if (!SystemHeif().ok()) {
    EXPECT_EQ(MissingPackageFor("a.heic"), "libheif1");
    EXPECT_EQ(MissingPackageFor("a.avif"), "libheif1");
    EXPECT_THAT(
        std::string(
            Decode("HEIC", ReadTestImage("lossless.heic")).status().message()),
        HasSubstr("install the package libheif1"));
  }
}

}  // namespace
}  // namespace caldera::data
