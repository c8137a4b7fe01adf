#include "base/draw/png.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <png.h>

#include <string>

#include "gtest/gtest.h"

namespace caldera::base {
namespace {

std::string Path(const std::string& name) { return testing::TempDir() + name; }

// [C, H, W]
at::Tensor ReadPng(const std::string& path) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&header, path.c_str()))
      << header.message;
  const int64_t channels = PNG_IMAGE_SAMPLE_CHANNELS(header.format);
  at::Tensor pixels =
      at::empty({header.height, header.width, channels}, at::kByte);
  EXPECT_TRUE(
      png_image_finish_read(&header, nullptr, pixels.data_ptr(), 0, nullptr));
  return pixels.permute({2, 0, 1});
}

TEST(PngTest, ReadsBackWhatWasWritten) {
  for (const int64_t channels : {1, 3}) {
    const at::Tensor image = at::randint(
        0, 256, {channels, 5, 7}, at::detail::createCPUGenerator(1), at::kByte);
    ASSERT_TRUE(WritePng(Path("a.png"), image).ok());
    EXPECT_TRUE(ReadPng(Path("a.png")).equal(image));
    // A view with other strides.
    ASSERT_TRUE(WritePng(Path("a.png"), image.transpose(1, 2)).ok());
    EXPECT_TRUE(ReadPng(Path("a.png")).equal(image.transpose(1, 2)));
  }
}

TEST(PngTest, RefusesWhatIsNoImage) {
  for (const at::Tensor& image :
       {at::Tensor(), at::zeros({3, 2, 2}), at::zeros({2, 2}, at::kByte),
        at::zeros({2, 2, 2}, at::kByte), at::zeros({3, 0, 2}, at::kByte)}) {
    const absl::Status status = WritePng(Path("bad.png"), image);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()).find(Path("bad.png: ")), 0);
  }
}

TEST(PngTest, NamesAFolderThatIsNotThere) {
  EXPECT_EQ(WritePng(Path("no/a.png"), at::zeros({1, 2, 2}, at::kByte)).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace caldera::base
