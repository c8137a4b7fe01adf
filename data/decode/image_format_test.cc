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

  const std::vector<std::string> all = ImageEndings();
  const std::vector<std::string> first(all.begin(), all.begin() + 5);
  EXPECT_EQ(base::JoinWords(first, "or"), ".jpg, .jpeg, .png, .webp or .bmp");
  EXPECT_THAT(all, Contains(".tiny"));
  const std::vector<std::string> in_tar = ImageEndings(/*in_tar_shards=*/true);
  EXPECT_THAT(in_tar,
              IsSupersetOf({".jpg", ".jpeg", ".png", ".webp", ".tiny"}));
  EXPECT_THAT(in_tar, Not(Contains(".bmp")));
}

TEST(ImageFormat, ExplainListsThem) {
  std::vector<std::string> listed;
  for (const base::PartDoc& part : base::RegisteredParts()) {
    if (part.seam == DecodeSpec::descriptor()) listed.push_back(part.info.name);
  }
  EXPECT_THAT(listed, IsSupersetOf({"bmp", "jpeg", "png", "tiny", "webp"}));
}

}  // namespace
}  // namespace caldera::data
