// Decodes the kinds of BMP that image sets contain: uncompressed, 24 or 32 bits
// per pixel, or 8 bits with a palette, stored from the top or the bottom.
//
// The fourth byte of 32 bits is dropped.
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// Layout: Microsoft's BITMAPFILEHEADER and BITMAPINFOHEADER, little-endian.
constexpr size_t kFileHeaderSize = 14, kInfoHeaderSize = 40;
constexpr uint32_t kUncompressed = 0, kBitFields = 3;
// The only masks that are read with kBitFields: blue, green, red, the order of
// a file without masks.
constexpr uint32_t kRedMask = 0xff0000, kGreenMask = 0xff00, kBlueMask = 0xff;

uint32_t Uint(absl::string_view bytes, size_t offset, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[offset + i - 1]);
  }
  return value;
}

absl::Status Truncated(absl::string_view bytes, uint64_t wanted) {
  return absl::DataLossError(absl::StrCat("BMP: truncated: ", bytes.size(),
                                          " bytes instead of ", wanted));
}

absl::Status Unsupported(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("BMP: ", what,
                   "; uncompressed files of 8 (palette), 24 or 32 bits a "
                   "pixel are read: convert it to PNG"));
}

class BmpDecoder : public PixelDecoder {
 public:
  explicit BmpDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return 1; }

 private:
  absl::Status ReadPalette(uint64_t info_size, uint32_t colours);

  absl::string_view bytes_;
  absl::string_view palette_;  // blue, green, red, unused
  uint64_t pixels_ = 0;        // offset of the pixels
  uint64_t stride_ = 0;
  int bytes_per_pixel_ = 0;
  bool bottom_up_ = false;
};

absl::Status BmpDecoder::ReadHeader(const DecodeOptions& options) {
  constexpr size_t kHeaders = kFileHeaderSize + kInfoHeaderSize;
  if (bytes_.size() < kHeaders) return Truncated(bytes_, kHeaders);
  pixels_ = Uint(bytes_, 10, 4);
  const uint64_t info_size = Uint(bytes_, 14, 4);
  if (info_size < kInfoHeaderSize || info_size > 124) {
    return Unsupported(absl::StrCat("a header of ", info_size, " bytes"));
  }
  const int64_t width = static_cast<int32_t>(Uint(bytes_, 18, 4));
  const int64_t height = static_cast<int32_t>(Uint(bytes_, 22, 4));
  const uint32_t bits = Uint(bytes_, 28, 2);
  const uint32_t compression = Uint(bytes_, 30, 4);
  if (bits != 8 && bits != 24 && bits != 32) {
    return Unsupported(absl::StrCat(bits, " bits a pixel"));
  }
  if (compression == kBitFields && bits == 32) {
    // The masks follow a short header or are part of a long one: same offset.
    if (bytes_.size() < kHeaders + 12) return Truncated(bytes_, kHeaders + 12);
    if (Uint(bytes_, 54, 4) != kRedMask || Uint(bytes_, 58, 4) != kGreenMask ||
        Uint(bytes_, 62, 4) != kBlueMask) {
      return Unsupported("another order of colours");
    }
  } else if (compression != kUncompressed) {
    return Unsupported(absl::StrCat("compression ", compression));
  }

  // A negative height means that the top row comes first.
  bottom_up_ = height > 0;
  set_size(bottom_up_ ? height : -height, width);
  RETURN_IF_ERROR(CheckImageSize("BMP", this->height(), width, options));
  bytes_per_pixel_ = static_cast<int>(bits / 8);
  stride_ = (width * bytes_per_pixel_ + 3) / 4 * 4;
  if (pixels_ < kFileHeaderSize + info_size) {
    return absl::DataLossError("BMP: the pixels begin within the header");
  }
  const uint64_t size = pixels_ + stride_ * this->height();
  if (bytes_.size() < size) return Truncated(bytes_, size);
  return bits == 8 ? ReadPalette(info_size, Uint(bytes_, 46, 4))
                   : absl::OkStatus();
}

absl::Status BmpDecoder::ReadPalette(uint64_t info_size, uint32_t colours) {
  if (colours == 0) colours = 256;
  const uint64_t begin = kFileHeaderSize + info_size;
  if (colours > 256 || begin + 4 * colours > pixels_) {
    return absl::DataLossError(
        absl::StrCat("BMP: no room for a palette of ", colours, " colours"));
  }
  palette_ = bytes_.substr(begin, 4 * colours);
  return absl::OkStatus();
}

absl::Status BmpDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  for (int64_t i = 0; i < rectangle.height; ++i) {
    const int64_t y = rectangle.top + i;
    const int64_t stored = bottom_up_ ? height() - 1 - y : y;
    const char* from = bytes_.data() + pixels_ + stored * stride_ +
                       rectangle.left * bytes_per_pixel_;
    for (int64_t x = 0; x < rectangle.width; ++x, rgb += 3) {
      const char* colour = from + x * bytes_per_pixel_;
      if (bytes_per_pixel_ == 1) {
        const size_t index = static_cast<uint8_t>(*colour);
        if (4 * index >= palette_.size()) {
          return absl::DataLossError(absl::StrCat("BMP: colour ", index,
                                                  " is not in the palette of ",
                                                  palette_.size() / 4));
        }
        colour = &palette_[4 * index];
      }
      rgb[0] = static_cast<uint8_t>(colour[2]);
      rgb[1] = static_cast<uint8_t>(colour[1]);
      rgb[2] = static_cast<uint8_t>(colour[0]);
    }
  }
  return absl::OkStatus();
}

const bool kRegistered = RegisterImageFormat(
    {"BMP", "Uncompressed BMP of 8, 24 or 32 bits a pixel.",
     /*rank=*/40, /*signatures=*/{"BM"},
     /*endings=*/{".bmp", ".dib"}, OpenEncoded<BmpDecoder>});

}  // namespace
}  // namespace caldera::data
