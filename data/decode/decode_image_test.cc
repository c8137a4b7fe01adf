#include "data/decode/decode_image.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <sstream>

#include "absl/strings/str_join.h"
#include "base/join_words.h"
#include "data/decode/image_format.h"
#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

using ::testing::StartsWith;

// Compares with Pillow's pixels of each file (testdata/images/make_images.py).
TEST(DecodeImageTest, PixelsArePillows) {
  std::istringstream lines(ReadTestImage("expected.txt"));
  std::string name, kind;
  int64_t height = 0, width = 0;
  uint32_t crc = 0;
  int files = 0;
  while (lines >> name >> kind >> height >> width >> crc) {
    if (!MissingPackageFor(name).empty()) continue;
    SCOPED_TRACE(name + " " + kind);
    DecodeOptions options;
    options.apply_exif_orientation = kind == "exif";
    const auto image = DecodeImage(ReadTestImage(name), options);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->sizes(), (at::IntArrayRef{3, height, width}));
    EXPECT_EQ(image->strides(), (at::IntArrayRef{1, 3 * width, 3}));
    EXPECT_EQ(crc32(0, image->const_data_ptr<uint8_t>(), image->numel()), crc);
    ++files;
  }
  EXPECT_GE(files, 54);
}

TEST(DecodeImageTest, ASourceKnowsItsSizeAndDecodesRectangles) {
  for (const char* name :
       {"rgb_420.jpg", "progressive.jpg", "orientation_6.jpg", "palette.png",
        "orientation_6.png", "lossy.webp", "rgb.bmp", "orientation_6.tif",
        "interlaced.gif", "animated.webp"}) {
    for (const bool apply_exif_orientation : {false, true}) {
      SCOPED_TRACE(name);
      DecodeOptions options;
      options.apply_exif_orientation = apply_exif_orientation;
      const std::string bytes = ReadTestImage(name);
      const auto whole = DecodeImage(bytes, options);
      ASSERT_TRUE(whole.ok()) << whole.status();
      auto source = OpenEncodedImage(bytes, options);
      ASSERT_TRUE(source.ok()) << source.status();
      EXPECT_EQ((*source)->channels(), 3);
      EXPECT_EQ((*source)->height(), whole->size(1));
      EXPECT_EQ((*source)->width(), whole->size(2));
      for (const Rectangle& r :
           {Rectangle{0, 0, 1, 1}, Rectangle{5, 3, 7, 11},
            Rectangle{9, 10, whole->size(1) - 9, whole->size(2) - 10}}) {
        const auto region = (*source)->Region(r);
        ASSERT_TRUE(region.ok()) << region.status();
        EXPECT_EQ(region->strides(), (at::IntArrayRef{1, 3 * r.width, 3}));
        EXPECT_TRUE(at::equal(
            *region,
            whole->narrow(1, r.top, r.height).narrow(2, r.left, r.width)));
      }
    }
  }
}

absl::Status Error(const std::string& bytes) {
  const absl::Status status = DecodeImage(bytes, DecodeOptions()).status();
  auto source = OpenEncodedImage(bytes, DecodeOptions());
  if (source.ok()) {
    EXPECT_EQ((*source)
                  ->Region({0, 0, (*source)->height(), (*source)->width()})
                  .status(),
              status);
  } else {
    EXPECT_EQ(source.status(), status);
  }
  return status;
}

TEST(DecodeImageTest, SaysWhatTheBytesAre) {
  const std::vector<std::string> names = ImageFormatNames();
  EXPECT_EQ(absl::StrJoin(names.begin(), names.begin() + 6, " "),
            "JPEG PNG WebP BMP TIFF GIF");
  const std::string read = "; " + base::JoinWords(names, "and") + " are read";

  EXPECT_EQ(Error(""), absl::InvalidArgumentError("empty: 0 bytes"));
  EXPECT_EQ(Error("label,name\n1,dog"),
            absl::InvalidArgumentError(
                "not an image: starts with \"label,na\"" + read));
  EXPECT_EQ(Error(std::string("\x1f\x8b\0\n", 4)),
            absl::InvalidArgumentError(
                "not an image: starts with \"\\x1f\\x8b\\x00\\n\"" + read));
  EXPECT_EQ(Error("8BPS..."),
            absl::InvalidArgumentError("is a Photoshop file (PSD)" + read));
  EXPECT_THAT(
      std::string(Error("version https://git-lfs.github.com/").message()),
      StartsWith("is a pointer of Git LFS (run git lfs pull); "));
  EXPECT_THAT(std::string(Error("....ftypmp42").message()),
              StartsWith("is a video; "));
  EXPECT_EQ(Error("RI").message().substr(0, 30),
            "not an image: starts with \"RI\"");
  EXPECT_EQ(Error("<!DOCTYPE html>").message().substr(0, 22),
            "is text (SVG, HTML?); ");
  EXPECT_EQ(
      Error("\xff\xd8\xff"),
      absl::DataLossError("JPEG: truncated: more than its 3 bytes are needed"));
}

TEST(DecodeImageTest, DamagedFilesAreErrors) {
  for (const char* name :
       {"cut_rgb_420.jpg", "cut_progressive.jpg", "cut_rgb.png",
        "cut_lossy.webp", "cut_rgb.bmp", "cut_lzw.tif", "cut_jpeg.tif",
        "cut_still.gif", "cut_interlaced.gif", "cut_animated.webp"}) {
    const absl::Status status = Error(ReadTestImage(name));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << name;
    EXPECT_NE(status.message().find("truncated"), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace caldera::data
