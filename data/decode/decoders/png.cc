// Decodes PNG with libpng.
//
// Every kind becomes 8-bit RGB: palettes and grey are expanded, alpha and
// transparent colours are dropped (the colour below them shows, as in Pillow's
// convert("RGB")), gamma and colour profiles are ignored. An animated PNG gives
// its default image.
//
// Of 16 bits the high byte is kept, except where the file's sBIT chunk or
// DecodeOptions::png_bits says that the samples have fewer bits: cameras and
// scanners write 12 bits as they are, where the standard wants them in the
// high bits. Both ways are read; the whole image decides between them.
//
// Rows below a rectangle are not decoded, unless the file is interlaced.
#include <glog/logging.h>
#include <png.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/exif_orientation.h"
#include "data/decode/image_format.h"
#include "data/decode/scale_bits.h"

namespace caldera::data {
namespace {

// Sizes are checked against max_pixels; libpng's own limit of a side is 10^6.
constexpr png_uint_32 kMaxSide = PNG_UINT_31_MAX;
// The largest chunk that is kept. The others, texts and colour profiles, are
// passed over: they may inflate a thousandfold, and there may be many.
constexpr png_alloc_size_t kMaxChunk = 8 << 20;
constexpr png_byte kKeptChunks[] = {'s', 'B', 'I', 'T', 0,   //
                                    'e', 'X', 'I', 'f', 0};  //

// Conforming data of so few bits would be nearly black if all values were as
// small as they are in the low bits.
constexpr int kSurelyLowBits = 12;
// An image of 16 bits whose largest value is smaller is dark.
constexpr uint32_t kDark = 1 << 14;
// So many images of a process are examined for that.
constexpr int kExamined = 256;

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
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_AS_DEFAULT, kKeptChunks,
                                sizeof(kKeptChunks) / 5);
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

// A row of one pass of an image: pixel i is at column `left` + i * `step` of
// row y.
struct PassRow {
  int64_t y, left, step, count;
  const uint8_t* pixels;
};

// Reads the rows above `bottom` into `buffer`, and calls visit(PassRow), which
// returns false to end it. An interlaced image has seven passes, each with
// pixels from everywhere. Call it inside Try().
template <typename Visit>
void VisitRows(png_structp png, png_infop info, int64_t bottom, uint8_t* buffer,
               Visit visit) {
  const png_uint_32 height = png_get_image_height(png, info);
  const png_uint_32 width = png_get_image_width(png, info);
  if (png_get_interlace_type(png, info) == PNG_INTERLACE_NONE) {
    for (int64_t y = 0; y < bottom; ++y) {
      png_read_row(png, buffer, nullptr);
      if (!visit(PassRow{y, 0, 1, width, buffer})) return;
    }
    return;
  }
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
    const int64_t rows = PNG_PASS_ROWS(height, pass);
    const int64_t columns = PNG_PASS_COLS(width, pass);
    const int64_t left = PNG_PASS_START_COL(pass);
    const int64_t step = PNG_PASS_COL_OFFSET(pass);
    for (int64_t row = 0; row < rows && columns > 0; ++row) {
      png_read_row(png, buffer, nullptr);
      const int64_t y = PNG_ROW_FROM_PASS_ROW(row, pass);
      if (!visit(PassRow{y, left, step, columns, buffer})) return;
    }
  }
}

// Returns the big-endian sample of 16 bits at `bytes`.
uint32_t Sample16(const uint8_t* bytes) { return bytes[0] << 8 | bytes[1]; }

// True if `sample` of 16 bits is one of `bits` bits in the way of the standard,
// whose encoders fill the low bits with zeros, round, or repeat the high bits.
bool IsConforming(uint32_t sample, int bits) {
  const uint32_t high = sample >> (16 - bits);
  const uint32_t largest = (uint32_t{1} << bits) - 1;
  uint32_t repeated = 0;
  for (int shift = 16 - bits; shift > -bits; shift -= bits) {
    repeated |= shift >= 0 ? high << shift : high >> -shift;
  }
  return sample == high << (16 - bits) || sample == repeated ||
         sample == (high * 65535 + largest / 2) / largest;
}

// What the samples of an image of 16 bits look like.
struct SampleRange {
  uint32_t largest = 0;
  bool any_odd = false;  // one has other low bits than conforming data
};

class PngDecoder : public PixelDecoder {
 public:
  explicit PngDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return orientation_; }

 private:
  // Reads the samples of colours, until one is `enough`. `bits`: of conforming
  // data.
  absl::Status Examine(int bits, uint32_t enough, SampleRange* range) const;
  // Sets bits_ from announced_bits_.
  absl::Status FindBits();
  void WarnIfDark() const;

  const absl::string_view bytes_;
  int orientation_ = 1;
  // The number of significant bits of samples of 16 bits; 0: not yet known.
  int bits_ = 16;
  int announced_bits_ = 0;  // by sBIT; 0: it says nothing
};

absl::Status PngDecoder::ReadHeader(const DecodeOptions& options) {
  PngReader reader(bytes_);
  RETURN_IF_ERROR(reader.Try(png_read_info));
  const png_structp png = reader.png();
  const png_infop info = reader.info();
  set_size(png_get_image_height(png, info), png_get_image_width(png, info));
  if (png_get_bit_depth(png, info) == 16) {
    bits_ = options.png_bits;
    png_color_8p significant = nullptr;
    if (png_get_sBIT(png, info, &significant) != 0) {
      announced_bits_ =
          (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0
              ? significant->gray
              : std::max(
                    {significant->red, significant->green, significant->blue});
    }
  }
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (options.apply_exif_orientation &&
      png_get_eXIf_1(png, info, &size, &exif) != 0) {
    orientation_ = ExifOrientation(
        absl::string_view(reinterpret_cast<const char*>(exif), size));
  }
  return CheckImageSize("PNG", height(), width(), options);
}

absl::Status PngDecoder::Examine(int bits, uint32_t enough,
                                 SampleRange* range) const {
  PngReader reader(bytes_);
  RETURN_IF_ERROR(reader.Try([](png_structp png, png_infop info) {
    png_read_info(png, info);
    png_set_strip_alpha(png);
    png_read_update_info(png, info);
  }));
  std::vector<uint8_t> row(png_get_rowbytes(reader.png(), reader.info()));
  const int channels = png_get_channels(reader.png(), reader.info());
  return reader.Try([&](png_structp png, png_infop info) {
    VisitRows(png, info, height(), row.data(), [&](const PassRow& part) {
      for (int64_t i = 0; i < part.count * channels; ++i) {
        const uint32_t sample = Sample16(part.pixels + 2 * i);
        range->largest = std::max(range->largest, sample);
        if (!IsConforming(sample, bits)) range->any_odd = true;
      }
      return range->largest < enough;
    });
  });
}

absl::Status PngDecoder::FindBits() {
  if (bits_ != 0) return absl::OkStatus();
  if (announced_bits_ == 0) WarnIfDark();
  if (announced_bits_ == 0 || announced_bits_ == 16) {
    bits_ = 16;
    return absl::OkStatus();
  }
  SampleRange range;
  const uint32_t end = uint32_t{1} << announced_bits_;
  RETURN_IF_ERROR(Examine(announced_bits_, end, &range));
  const bool low = range.largest < end &&
                   (range.any_odd || announced_bits_ <= kSurelyLowBits);
  bits_ = low ? announced_bits_ : 16;
  return absl::OkStatus();
}

void PngDecoder::WarnIfDark() const {
  static std::atomic<int> examined{0};
  if (examined >= kExamined || examined++ >= kExamined) return;
  SampleRange range;
  const bool damaged = !Examine(/*bits=*/16, kDark, &range).ok();
  if (damaged || range.largest == 0 || range.largest >= kDark) return;
  if (examined.exchange(kExamined) >= kExamined) return;  // it was said
  int bits = 1;
  while (range.largest >> bits != 0) ++bits;
  LOG(WARNING) << "PNG: an image of 16 bits has no value above "
               << range.largest
               << ", so that its 8 high bits are dark; if its data have "
               << bits << " bits, set data.png_bits=" << bits
               << " (16 keeps it as it is)";
}

absl::Status PngDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  RETURN_IF_ERROR(FindBits());
  const bool scaled = bits_ != 16;  // which else libpng does
  PngReader reader(bytes_);
  RETURN_IF_ERROR(reader.Try([&](png_structp png, png_infop info) {
    png_read_info(png, info);
    png_set_expand(png);  // palette, fewer than 8 bits, tRNS
    if (!scaled) png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
    png_read_update_info(png, info);
  }));
  const int64_t sample_size = scaled ? 2 : 1;
  std::vector<uint8_t> row(3 * sample_size * width());
  CHECK_EQ(png_get_rowbytes(reader.png(), reader.info()), row.size());

  const int64_t top = rectangle.top, bottom = top + rectangle.height;
  const int64_t left = rectangle.left, right = left + rectangle.width;
  const auto keep = [&](const PassRow& part) {
    if (part.y < top || part.y >= bottom) return true;
    uint8_t* to = rgb + 3 * rectangle.width * (part.y - top);
    if (!scaled && part.step == 1 && part.left == 0) {
      std::memcpy(to, part.pixels + 3 * left, 3 * rectangle.width);
      return true;
    }
    for (int64_t i = 0; i < part.count; ++i) {
      const int64_t x = part.left + i * part.step;
      if (x < left || x >= right) continue;
      const uint8_t* pixel = part.pixels + 3 * sample_size * i;
      for (int c = 0; c < 3; ++c) {
        to[3 * (x - left) + c] =
            scaled ? ScaleToByte(Sample16(pixel + 2 * c), bits_) : pixel[c];
      }
    }
    return true;
  };
  return reader.Try([&](png_structp png, png_infop info) {
    VisitRows(png, info, bottom, row.data(), keep);
  });
}

const bool kRegistered = RegisterImageFormat(
    {"PNG", "PNG, decoded by libpng.", /*rank=*/20,
     /*signatures=*/{"\x89PNG\r\n\x1a\n"},
     /*endings=*/{".png", ".apng"}, OpenEncoded<PngDecoder>});

}  // namespace
}  // namespace caldera::data
