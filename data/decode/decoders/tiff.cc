// Decodes the first image of a TIFF with libtiff: grey, palette, RGB, CMYK and
// YCbCr, in strips or tiles, of 1 to 16 bits a sample, classic or BigTIFF.
//
// The pixels are those of Pillow's convert("RGB"): alpha is dropped, after
// colours that were multiplied by it are divided again, and the image is turned
// as its orientation says, with or without apply_exif_orientation. Of more than
// 8 bits the highest 8 are kept, as of a PNG.
//
// Only strips and tiles that a rectangle touches are decoded. Float samples,
// several bands and camera raw files are refused.
#include <glog/logging.h>
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/cmyk.h"
#include "data/decode/decoders/tiff_reader.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// A tile may be larger than its image, but not so much larger that a short file
// takes gigabytes.
constexpr int64_t kMaxTilePixels = 1 << 24;
constexpr int kMaxExtraSamples = 3;

absl::Status Unsupported(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "TIFF: ", what,
      "; grey, palette, RGB, CMYK and YCbCr of 1 to 16 bits are read: convert "
      "it to PNG"));
}

uint16_t Field(TIFF* tiff, uint32_t tag) {
  uint16_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

// Returns sample `index` of a row of samples of `bits` each, the first one in
// the highest bits, as 8 bits. The row has two more bytes than samples. Samples
// of 16 bits are in the machine's order of bytes.
uint8_t Sample(const uint8_t* row, int64_t index, int bits) {
  if (bits == 8) return row[index];
  if (bits == 16) {
    uint16_t value;
    std::memcpy(&value, row + 2 * index, 2);
    return static_cast<uint8_t>(value >> 8);
  }
  const int64_t bit = index * bits;
  const uint8_t* at = row + bit / 8;
  const uint32_t most = (1u << bits) - 1;
  const uint32_t value =
      (at[0] << 16 | at[1] << 8 | at[2]) >> (24 - bit % 8 - bits) & most;
  return static_cast<uint8_t>(bits > 8 ? value >> (bits - 8)
                                       : value * 255 / most);
}

class TiffDecoder : public PixelDecoder {
 public:
  explicit TiffDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return orientation_; }

 private:
  // What the samples of a pixel are; kLibtiff's conversion is libtiff's.
  enum class Kind { kGrey, kPalette, kRgb, kCmyk, kLibtiff };

  // Opens the file, and has JPEG's YCbCr converted by libjpeg.
  absl::Status Start(TiffReader& reader) const;
  absl::Status ReadKind(TIFF* tiff);
  absl::Status ReadPalette(TIFF* tiff);
  absl::Status CheckTiles(TIFF* tiff);

  // These write the samples that are read to samples_.
  absl::Status ReadStrips(TiffReader& reader, const Rectangle& rectangle);
  absl::Status ReadTiles(TiffReader& reader, const Rectangle& rectangle);
  // Takes pixels from a row that begins at pixel `from` with a pixel's first
  // sample; of planes, the row is of sample `plane`. `count` pixels go to
  // samples_, from pixel `to` on.
  void TakeSamples(const uint8_t* row, int64_t from, int64_t count, int plane,
                   int64_t to);
  absl::Status DecodeByLibtiff(TiffReader& reader, const Rectangle& rectangle,
                               uint8_t* rgb);
  // Converts `pixels` of samples_.
  void ToRgb(int64_t pixels, uint8_t* rgb);

  const absl::string_view bytes_;
  int orientation_ = 1;
  Kind kind_ = Kind::kGrey;
  int bits_ = 8;
  int stored_ = 1;  // the samples of a pixel
  int read_ = 1;    // the first ones, which are needed
  bool white_is_0_ = false;
  bool multiplied_ = false;  // by alpha, which is the last sample that is read
  bool planes_ = false;      // the samples are not interleaved
  bool convert_jpeg_ = false;
  int64_t tile_height_ = 0, tile_width_ = 0;  // 0: strips
  std::vector<uint8_t> palette_;              // [256, 3]
  std::vector<uint8_t> samples_;              // [pixels, read_], 8 bits each
};

absl::Status TiffDecoder::ReadHeader(const DecodeOptions& options) {
  if (absl::ClippedSubstr(bytes_, 8, 2) == "CR") {
    return Unsupported("a camera's raw file (CR2)");
  }
  TiffReader reader(bytes_);
  RETURN_IF_ERROR(reader.Open());
  TIFF* const tiff = reader.tiff();
  uint32_t height = 0, width = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  set_size(height, width);
  RETURN_IF_ERROR(CheckImageSize("TIFF", height, width, options));
  const int orientation = Field(tiff, TIFFTAG_ORIENTATION);
  if (orientation >= 1 && orientation <= 8) orientation_ = orientation;
  RETURN_IF_ERROR(ReadKind(tiff));
  return CheckTiles(tiff);
}

absl::Status TiffDecoder::ReadKind(TIFF* tiff) {
  const int compression = Field(tiff, TIFFTAG_COMPRESSION);
  if (compression == COMPRESSION_JBIG || compression == COMPRESSION_LERC ||
      TIFFIsCODECConfigured(static_cast<uint16_t>(compression)) == 0) {
    return Unsupported(absl::StrCat("compression ", compression));
  }
  uint8_t* version = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_DNGVERSION, &version) != 0) {
    return Unsupported("a camera's raw file (DNG)");
  }
  bits_ = Field(tiff, TIFFTAG_BITSPERSAMPLE);
  stored_ = Field(tiff, TIFFTAG_SAMPLESPERPIXEL);
  planes_ =
      stored_ > 1 && Field(tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  const int format = Field(tiff, TIFFTAG_SAMPLEFORMAT);
  if (format == SAMPLEFORMAT_IEEEFP || format >= SAMPLEFORMAT_COMPLEXINT) {
    return Unsupported(absl::StrCat("floating-point samples of ", bits_,
                                    " bits, which have no white"));
  }
  if (bits_ < 1 || bits_ > 16 || (format == SAMPLEFORMAT_INT && bits_ > 8)) {
    return Unsupported(
        absl::StrCat("samples of ", bits_, " bits",
                     format == SAMPLEFORMAT_INT ? ", signed" : ""));
  }

  uint16_t photometric = PHOTOMETRIC_MINISWHITE;
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
      white_is_0_ = true;
      break;
    case PHOTOMETRIC_MINISBLACK:
      break;
    case PHOTOMETRIC_PALETTE:
      kind_ = Kind::kPalette;
      RETURN_IF_ERROR(ReadPalette(tiff));
      break;
    case PHOTOMETRIC_RGB:
      kind_ = Kind::kRgb;
      break;
    case PHOTOMETRIC_SEPARATED:
      if (Field(tiff, TIFFTAG_INKSET) != INKSET_CMYK) {
        return Unsupported("other inks than CMYK");
      }
      kind_ = Kind::kCmyk;
      break;
    case PHOTOMETRIC_YCBCR:
      if (bits_ != 8 || stored_ != 3) {
        return Unsupported(
            absl::StrCat("YCbCr of ", stored_, " samples of ", bits_, " bits"));
      }
      convert_jpeg_ = compression == COMPRESSION_JPEG && !planes_;
      kind_ = convert_jpeg_ ? Kind::kRgb : Kind::kLibtiff;
      break;
    default:
      return Unsupported(
          absl::StrCat("photometric interpretation ", photometric));
  }

  const int colours = kind_ == Kind::kCmyk                              ? 4
                      : kind_ == Kind::kGrey || kind_ == Kind::kPalette ? 1
                                                                        : 3;
  const int extra = stored_ - colours;
  if (extra < 0 || extra > (colours == 1 ? 1 : kMaxExtraSamples)) {
    return Unsupported(absl::StrCat(stored_, " samples a pixel"));
  }
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  multiplied_ = (kind_ == Kind::kGrey || kind_ == Kind::kRgb) && extra > 0 &&
                TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 0 &&
                count > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  read_ = colours + (multiplied_ ? 1 : 0);
  return absl::OkStatus();
}

absl::Status TiffDecoder::ReadPalette(TIFF* tiff) {
  uint16_t* channels[3] = {};
  if (bits_ > 8 || TIFFGetField(tiff, TIFFTAG_COLORMAP, &channels[0],
                                &channels[1], &channels[2]) == 0) {
    return Unsupported(absl::StrCat("a palette of ", bits_, " bits"));
  }
  const int count = 1 << bits_;
  // Some programs write 8 bits where 16 are due.
  bool eight_bits = true;
  for (const uint16_t* channel : channels) {
    eight_bits =
        eight_bits && *std::max_element(channel, channel + count) < 256;
  }
  palette_.resize(3 * 256);
  for (int i = 0; i < count; ++i) {
    // Sample() stretches an index to 8 bits.
    uint8_t* colour = &palette_[3 * (i * 255 / (count - 1))];
    for (int c = 0; c < 3; ++c) {
      const uint16_t value = channels[c][i];
      colour[c] = static_cast<uint8_t>(eight_bits ? value : value >> 8);
    }
  }
  return absl::OkStatus();
}

absl::Status TiffDecoder::CheckTiles(TIFF* tiff) {
  if (TIFFIsTiled(tiff) == 0) return absl::OkStatus();
  uint32_t height = 0, width = 0;
  TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height);
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &width);
  tile_height_ = height;
  tile_width_ = width;
  const int64_t limit =
      std::max(kMaxTilePixels, 4 * this->height() * this->width());
  if (height == 0 || width == 0 || tile_height_ > limit / tile_width_) {
    return absl::DataLossError(absl::StrCat(
        "TIFF: tiles of ", width, " x ", height, " pixels in an image of ",
        this->width(), " x ", this->height()));
  }
  return absl::OkStatus();
}

absl::Status TiffDecoder::Start(TiffReader& reader) const {
  RETURN_IF_ERROR(reader.Open());
  if (convert_jpeg_) {
    TIFFSetField(reader.tiff(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  return absl::OkStatus();
}

absl::Status TiffDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  TiffReader reader(bytes_);
  RETURN_IF_ERROR(Start(reader));
  if (kind_ == Kind::kLibtiff) return DecodeByLibtiff(reader, rectangle, rgb);
  const int64_t pixels = rectangle.height * rectangle.width;
  samples_.resize(pixels * read_);
  RETURN_IF_ERROR(tile_height_ > 0 ? ReadTiles(reader, rectangle)
                                   : ReadStrips(reader, rectangle));
  ToRgb(pixels, rgb);
  return absl::OkStatus();
}

void TiffDecoder::TakeSamples(const uint8_t* row, int64_t from, int64_t count,
                              int plane, int64_t to) {
  uint8_t* out = &samples_[to * read_];
  for (int64_t x = from; x < from + count; ++x, out += read_) {
    if (planes_) {
      out[plane] = Sample(row, x, bits_);
    } else {
      for (int s = 0; s < read_; ++s) {
        out[s] = Sample(row, x * stored_ + s, bits_);
      }
    }
  }
}

absl::Status TiffDecoder::ReadStrips(TiffReader& reader,
                                     const Rectangle& rectangle) {
  TIFF* const tiff = reader.tiff();
  uint32_t strip_height = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &strip_height);
  if (strip_height == 0) return absl::DataLossError("TIFF: strips of no rows");
  const int64_t row_size = TIFFScanlineSize64(tiff);
  const int64_t needed = (width() * (planes_ ? 1 : stored_) * bits_ + 7) / 8;
  if (row_size < needed || row_size > 2 * needed) return reader.Error();
  std::vector<uint8_t> row(row_size + 2);
  // Rows of a compressed strip are read from its first one on.
  const int64_t first = rectangle.top / strip_height * strip_height;
  for (int plane = 0; plane < (planes_ ? read_ : 1); ++plane) {
    for (int64_t y = first; y < rectangle.top + rectangle.height; ++y) {
      if (TIFFReadScanline(tiff, row.data(), static_cast<uint32_t>(y),
                           static_cast<uint16_t>(plane)) < 0) {
        return reader.Error();
      }
      if (y < rectangle.top) continue;
      TakeSamples(row.data(), rectangle.left, rectangle.width, plane,
                  (y - rectangle.top) * rectangle.width);
    }
  }
  return absl::OkStatus();
}

absl::Status TiffDecoder::ReadTiles(TiffReader& reader,
                                    const Rectangle& rectangle) {
  TIFF* const tiff = reader.tiff();
  const int64_t row_size = TIFFTileRowSize64(tiff);
  const int64_t needed =
      (tile_width_ * (planes_ ? 1 : stored_) * bits_ + 7) / 8;
  const int64_t size = TIFFTileSize64(tiff);
  if (row_size < needed || row_size > 2 * needed ||
      size < row_size * tile_height_ || size > 2 * row_size * tile_height_) {
    return reader.Error();
  }
  std::vector<uint8_t> tile(size + 2);
  const int64_t bottom = rectangle.top + rectangle.height;
  const int64_t right = rectangle.left + rectangle.width;
  for (int plane = 0; plane < (planes_ ? read_ : 1); ++plane) {
    for (int64_t y0 = rectangle.top / tile_height_ * tile_height_; y0 < bottom;
         y0 += tile_height_) {
      for (int64_t x0 = rectangle.left / tile_width_ * tile_width_; x0 < right;
           x0 += tile_width_) {
        if (TIFFReadTile(tiff, tile.data(), static_cast<uint32_t>(x0),
                         static_cast<uint32_t>(y0), 0,
                         static_cast<uint16_t>(plane)) < 0) {
          return reader.Error();
        }
        // The columns and rows that tile and rectangle share.
        const int64_t left = std::max(x0, rectangle.left);
        const int64_t count = std::min(x0 + tile_width_, right) - left;
        for (int64_t y = std::max(y0, rectangle.top);
             y < std::min(y0 + tile_height_, bottom); ++y) {
          TakeSamples(
              tile.data() + (y - y0) * row_size, left - x0, count, plane,
              (y - rectangle.top) * rectangle.width + left - rectangle.left);
        }
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TiffDecoder::DecodeByLibtiff(TiffReader& reader,
                                          const Rectangle& rectangle,
                                          uint8_t* rgb) {
  char message[1024] = "";
  TIFFRGBAImage image;
  if (TIFFRGBAImageBegin(&image, reader.tiff(), /*stop=*/1, message) == 0) {
    return absl::DataLossError(absl::StrCat("TIFF: ", message));
  }
  // It begins at a strip or tile, since rows may share their colours.
  uint32_t block = static_cast<uint32_t>(tile_height_);
  if (block == 0) {
    TIFFGetFieldDefaulted(reader.tiff(), TIFFTAG_ROWSPERSTRIP, &block);
  }
  const int64_t first = block == 0 ? 0 : rectangle.top / block * int64_t{block};
  const int64_t rows = rectangle.top + rectangle.height - first;
  std::vector<uint32_t> raster(rows * width());  // [rows, width]
  // Oriented() turns it.
  image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
  image.row_offset = static_cast<int>(first);
  const int ok =
      TIFFRGBAImageGet(&image, raster.data(), static_cast<uint32_t>(width()),
                       static_cast<uint32_t>(rows));
  TIFFRGBAImageEnd(&image);
  if (ok == 0) return reader.Error();
  for (int64_t y = rectangle.top - first; y < rows; ++y) {
    const uint32_t* from = &raster[y * width() + rectangle.left];
    for (int64_t x = 0; x < rectangle.width; ++x, rgb += 3) {
      rgb[0] = TIFFGetR(from[x]);
      rgb[1] = TIFFGetG(from[x]);
      rgb[2] = TIFFGetB(from[x]);
    }
  }
  return absl::OkStatus();
}

void TiffDecoder::ToRgb(int64_t pixels, uint8_t* rgb) {
  if (kind_ == Kind::kCmyk) {
    for (uint8_t& sample : samples_) sample = 255 - sample;
    InvertedCmykToRgb(samples_.data(), pixels, rgb);
    return;
  }
  const uint8_t* from = samples_.data();
  for (int64_t i = 0; i < pixels; ++i, from += read_, rgb += 3) {
    if (kind_ == Kind::kPalette) {
      std::memcpy(rgb, &palette_[3 * from[0]], 3);
      continue;
    }
    for (int c = 0; c < 3; ++c) {
      const uint8_t stored = from[kind_ == Kind::kGrey ? 0 : c];
      int value = white_is_0_ ? 255 - stored : stored;
      if (multiplied_) {
        const int alpha = from[read_ - 1];
        value = alpha == 0 ? 0 : std::min(255, value * 255 / alpha);
      }
      rgb[c] = static_cast<uint8_t>(value);
    }
  }
}

const bool kRegistered =
    RegisterImageFormat({"TIFF",
                         "The first image of a TIFF, decoded by libtiff.",
                         /*rank=*/50,
                         /*signatures=*/
                         {std::string("II*\0", 4), std::string("MM\0*", 4),
                          std::string("II+\0", 4), std::string("MM\0+", 4)},
                         /*endings=*/{".tif", ".tiff"},
                         OpenEncoded<TiffDecoder>});

}  // namespace
}  // namespace caldera::data
