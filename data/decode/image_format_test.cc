#include "data/decode/image_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/part.h"
#include "data/data.pb.h"
#include "data/decode/pixel_decoder_testing.h"

namespace caldera::data {
namespace {

using ::testing::ElementsAre;

std::string NameOf(absl::string_view bytes) {
  const ImageFormat* format = ImageFormatOf(bytes);
  return format == nullptr ? "none" : format->name;
}

// A format whose first signature BMP's comes before.
const bool kTiny =
    RegisterImageFormat({"Tiny", "A made-up format.", /*rank=*/50,
                         /*signatures=*/{"BM?y", "tiny"}, /*endings=*/{".tiny"},
                         [](absl::string_view, const DecodeOptions&) {
                           return absl::StatusOr<std::unique_ptr<PixelDecoder>>(
                               absl::InvalidArgumentError("Tiny: not read"));
                         }});

TEST(ImageFormat, TheFirstBytesDecide) {
  EXPECT_EQ(NameOf(ReadTestImage("rgb_420.jpg")), "JPEG");
  EXPECT_EQ(NameOf(ReadTestImage("rgb.png")), "PNG");
  EXPECT_EQ(NameOf(ReadTestImage("lossy.webp")), "WebP");
  EXPECT_EQ(NameOf(ReadTestImage("rgb.bmp")), "BMP");
  EXPECT_EQ(NameOf(ReadTestImage("still.gif")), "none");
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
  EXPECT_FALSE(IsImageName("a.gif"));
  EXPECT_FALSE(IsImageName("jpg"));
  EXPECT_THAT(ImageEndings(),
              ElementsAre(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tiny"));
  EXPECT_THAT(ImageEndings(/*in_tar_shards=*/true),
              ElementsAre(".jpg", ".jpeg", ".png", ".webp", ".tiny"));
}

TEST(ImageFormat, ExplainListsThem) {
  std::vector<std::string> listed;
  for (const base::PartDoc& part : base::RegisteredParts()) {
    if (part.seam == DecodeSpec::descriptor()) listed.push_back(part.info.name);
  }
  EXPECT_THAT(listed, ElementsAre("bmp", "jpeg", "png", "tiny", "webp"));
}

}  // namespace
}  // namespace caldera::data
