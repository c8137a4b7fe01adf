#include "data/decode/image_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/join_words.h"
#include "base/part.h"
#include "data/data.pb.h"
#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::string NameOf(absl::string_view bytes) {
  const ImageFormat* format = ImageFormatOf(bytes);
  return format == nullptr ? "none" : format->name;
}

absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenNothing(
    absl::string_view, const DecodeOptions&) {
  return absl::InvalidArgumentError("not read");
}

// A format whose first signature BMP's comes before.
const bool kTiny = RegisterImageFormat(
    {"Tiny", "A made-up format.", /*rank=*/100,
     /*signatures=*/{"BM?y", "tiny"}, /*endings=*/{".tiny"}, OpenNothing});
const bool kNeedy = RegisterImageFormat(
    {"Needy", "A format whose library is missing.", /*rank=*/110,
     /*signatures=*/{"needy"}, /*endings=*/{".needy"}, OpenNothing,
     /*missing_package=*/[] { return std::string("libneedy1"); }});

TEST(ImageFormat, TheFirstBytesDecide) {
  EXPECT_EQ(NameOf(ReadTestImage("rgb_420.jpg")), "JPEG");
  EXPECT_EQ(NameOf(ReadTestImage("rgb.png")), "PNG");
  EXPECT_EQ(NameOf(ReadTestImage("lossy.webp")), "WebP");
  EXPECT_EQ(NameOf(ReadTestImage("rgb.bmp")), "BMP");
  EXPECT_EQ(NameOf(ReadTestImage("still.gif")), "GIF");
  EXPECT_EQ(NameOf(ReadTestImage("lzw.tif")), "TIFF");
  EXPECT_EQ(NameOf(std::string("MM\0+", 4)), "TIFF");
  EXPECT_EQ(NameOf(std::string("MM\0,", 4)), "none");
  EXPECT_EQ(NameOf(ReadTestImage("lossless.heic")), "HEIC");
  EXPECT_EQ(NameOf(ReadTestImage("fine.avif")), "AVIF");
  EXPECT_EQ(NameOf("....ftypmp42"), "none");
  EXPECT_EQ(NameOf("tiny."), "Tiny");
  EXPECT_EQ(NameOf("BMxyz"), "BMP");
  EXPECT_EQ(NameOf("RIFF\x10\x20\x30\x40WAVE"), "none");
  EXPECT_EQ(NameOf("RIFF"), "none");
  EXPECT_EQ(NameOf(""), "none");
}

TEST(ImageFormat, TheEndingSaysWhatIsAnImage) {
  EXPECT_TRUE(IsImageName("a.JPEG"));
  EXPECT_TRUE(IsImageName("a.b.bmp"));
  EXPECT_TRUE(IsImageName("x.Tiny"));
  for (const char* name : {"a.jfif", "a.JPE", "a.jif", "a.apng", "a.dib",
                           "a.tif", "a.TIFF", "a.gif", "a.webp"}) {
    EXPECT_TRUE(IsImageName(name)) << name;
    EXPECT_EQ(MissingPackageFor(name), "") << name;
  }
  for (const char* name : {"jpg", "a.cr2", "a.dng", "a.svg", "a.mov"}) {
    EXPECT_FALSE(IsImageName(name)) << name;
    EXPECT_EQ(MissingPackageFor(name), "") << name;
  }

  const std::vector<std::string> all = ImageEndings();
  const std::vector<std::string> first(all.begin(), all.begin() + 5);
  EXPECT_EQ(base::JoinWords(first, "or"), ".jpg, .jpeg, .jfif, .jpe or .jif");
  EXPECT_THAT(all, IsSupersetOf({".png", ".webp", ".bmp", ".tif", ".tiff",
                                 ".gif", ".tiny"}));
}

TEST(ImageFormat, WithoutItsPackageAFileIsNoImage) {
  EXPECT_FALSE(IsImageName("a.needy"));
  EXPECT_EQ(MissingPackageFor("a.NEEDY"), "libneedy1");
  EXPECT_THAT(ImageEndings(), Not(Contains(".needy")));
  EXPECT_THAT(ImageFormatNames(), Contains("Tiny"));
  EXPECT_THAT(ImageFormatNames(), Not(Contains("Needy")));
  EXPECT_EQ(NameOf("needy"), "Needy");  // its error names the package
}

TEST(ImageFormat, ExplainListsThem) {
  std::vector<std::string> listed;
  for (const base::PartDoc& part : base::RegisteredParts()) {
    if (part.seam == DecodeSpec::descriptor()) listed.push_back(part.info.name);
  }
  EXPECT_THAT(listed, IsSupersetOf({"avif", "bmp", "gif", "heic", "jpeg", "png",
                                    "tiff", "tiny", "webp"}));
}

}  // namespace
}  // namespace caldera::data
