// Decodes PNG with libpng.
//
// Every kind becomes 8-bit RGB: palettes and grey are expanded, alpha and
// transparent colours are dropped (the colour below them shows, as in Pillow's
// convert("RGB")), the high byte of 16 bits is kept, gamma and colour profiles
// are ignored. An animated PNG gives its default image.
//
// Rows below a rectangle are not decoded, unless the file is interlaced.
#include <glog/logging.h>
#include <png.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/exif_orientation.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// Sizes are checked against max_pixels; libpng's own limit of a side is 10^6.
constexpr png_uint_32 kMaxSide = PNG_UINT_31_MAX;
// The largest inflated size of a text, profile or EXIF chunk.
constexpr png_alloc_size_t kMaxChunk = 8 << 20;

// Reads a file once. libpng's errors leave by longjmp, so that Try()'s
// argument, and everything it calls, must have nothing to destroy.
class PngReader {
 public:
  explicit PngReader(absl::string_view bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, OnError,
                                  [](png_structp, png_const_charp) {});
    CHECK(png_ != nullptr);
    info_ = png_create_info_struct(png_);
    CHECK(info_ != nullptr);
    png_set_read_fn(png_, this, OnRead);
    png_set_user_limits(png_, kMaxSide, kMaxSide);
    png_set_chunk_malloc_max(png_, kMaxChunk);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  template <typename Work>
  absl::Status Try(Work work) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      return absl::DataLossError(absl::StrCat("PNG: ", message_));
    }
    work(png_, info_);
    return absl::OkStatus();
  }

  png_structp png() const { return png_; }
  png_infop info() const { return info_; }

 private:
  [[noreturn]] static void OnError(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader->message_, message, sizeof(reader->message_) - 1);
    png_longjmp(png, 1);
  }

  static void OnRead(png_structp png, png_bytep to, size_t count) {
    absl::string_view& rest =
        static_cast<PngReader*>(png_get_io_ptr(png))->rest_;
    if (rest.size() < count) png_error(png, "truncated");
    std::memcpy(to, rest.data(), count);
    rest.remove_prefix(count);
  }

  absl::string_view rest_;
  png_structp png_;
  png_infop info_;
  char message_[128] = "";
};

class PngDecoder : public PixelDecoder {
 public:
  explicit PngDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return orientation_; }

 private:
  const absl::string_view bytes_;
  int orientation_ = 1;
  bool interlaced_ = false;
};

absl::Status PngDecoder::ReadHeader(const DecodeOptions& options) {
  PngReader reader(bytes_);
  RETURN_IF_ERROR(reader.Try(png_read_info));
  const png_structp png = reader.png();
  const png_infop info = reader.info();
  set_size(png_get_image_height(png, info), png_get_image_width(png, info));
  interlaced_ = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (options.apply_exif_orientation &&
      png_get_eXIf_1(png, info, &size, &exif) != 0) {
    orientation_ = ExifOrientation(
        absl::string_view(reinterpret_cast<const char*>(exif), size));
  }
  return CheckImageSize("PNG", height(), width(), options);
}

absl::Status PngDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  PngReader reader(bytes_);
  RETURN_IF_ERROR(reader.Try([](png_structp png, png_infop info) {
    png_read_info(png, info);
    png_set_expand(png);  // palette, fewer than 8 bits, tRNS
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
  }));
  const int64_t stride = 3 * width();
  CHECK_EQ(png_get_rowbytes(reader.png(), reader.info()), stride);

  const int64_t bottom = rectangle.top + rectangle.height;
  const auto keep = [&](int64_t y, const uint8_t* row) {
    std::memcpy(rgb + 3 * rectangle.width * (y - rectangle.top),
                row + 3 * rectangle.left, 3 * rectangle.width);
  };
  if (!interlaced_) {
    std::vector<uint8_t> row(stride);
    return reader.Try([&](png_structp png, png_infop) {
      for (int64_t y = 0; y < bottom; ++y) {
        png_read_row(png, row.data(), nullptr);
        if (y >= rectangle.top) keep(y, row.data());
      }
    });
  }
  std::vector<uint8_t> image(stride * height());
  std::vector<png_bytep> rows(height());
  for (int64_t y = 0; y < height(); ++y) rows[y] = &image[y * stride];
  RETURN_IF_ERROR(reader.Try(
      [&](png_structp png, png_infop) { png_read_image(png, rows.data()); }));
  for (int64_t y = rectangle.top; y < bottom; ++y) keep(y, rows[y]);
  return absl::OkStatus();
}

const bool kRegistered = RegisterImageFormat(
    {"PNG", "PNG, decoded by libpng.", /*rank=*/20,
     /*signatures=*/{"\x89PNG\r\n\x1a\n"},
     /*endings=*/{".png", ".apng"}, OpenEncoded<PngDecoder>});

}  // namespace
}  // namespace caldera::data
