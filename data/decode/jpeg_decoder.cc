#include "data/decode/jpeg_decoder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/exif_orientation.h"
#include "data/decode/jpeg_reader.h"

namespace caldera::data {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;

// Returns a * b / 255, rounded.
inline int MultiplyFractions(int a, int b) {
  const int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// Converts inverted CMYK (255 is no ink) to RGB with Pillow's arithmetic.
void ConvertCmyk(const uint8_t* cmyk, int64_t pixels, uint8_t* rgb) {
  for (int64_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      rgb[c] = light - MultiplyFractions(255 - cmyk[c], light);
    }
  }
}

class JpegDecoder : public PixelDecoder {
 public:
  explicit JpegDecoder(absl::string_view bytes) : reader_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const;

 private:
  // These run inside JpegReader::Try(): nothing in them has a destructor.
  void Start(j_decompress_ptr jpeg);
  void DecodeRows(j_decompress_ptr jpeg, const Rectangle& rectangle,
                  uint8_t* rgb);

  JpegReader reader_;
  std::vector<uint8_t> row_;  // one row of the image before it is cut
};

absl::Status JpegDecoder::ReadHeader(const DecodeOptions& options) {
  const bool save_exif = options.apply_exif_orientation;
  RETURN_IF_ERROR(reader_.Try([&](j_decompress_ptr jpeg) {
    reader_.Rewind();
    if (save_exif) jpeg_save_markers(jpeg, kExifMarker, 0xffff);
    jpeg_read_header(jpeg, /*require_image=*/TRUE);
  }));
  const jpeg_decompress_struct& jpeg = reader_.jpeg();
  const int components = jpeg.num_components;
  if (components != 1 && components != 3 && components != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("JPEG: ", components, " components; 1, 3 and 4 are read"));
  }
  set_size(jpeg.image_height, jpeg.image_width);
  return CheckImageSize("JPEG", height(), width(), options);
}

int JpegDecoder::orientation() const {
  for (auto marker = reader_.jpeg().marker_list; marker != nullptr;
       marker = marker->next) {
    const absl::string_view data(reinterpret_cast<const char*>(marker->data),
                                 marker->data_length);
    // XMP has the same marker.
    if (marker->marker == kExifMarker && data.substr(0, 4) == "Exif") {
      return ExifOrientation(data);
    }
  }
  return 1;
}

absl::Status JpegDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  row_.resize(width() * 4);
  return reader_.Try([&](j_decompress_ptr jpeg) {
    Start(jpeg);
    DecodeRows(jpeg, rectangle, rgb);
    jpeg_abort_decompress(jpeg);  // the rows below are not needed
  });
}

void JpegDecoder::Start(j_decompress_ptr jpeg) {
  reader_.Rewind();
  jpeg_read_header(jpeg, /*require_image=*/TRUE);
  jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
  // A file of several scans is over only when its end marker says so; the
  // arithmetic decoder does not notice that bits are missing.
  if (!jpeg_has_multiple_scans(jpeg) && !jpeg->arith_code) {
    reader_.TolerateMissingEnd();
  }
  jpeg_start_decompress(jpeg);
}

void JpegDecoder::DecodeRows(j_decompress_ptr jpeg, const Rectangle& rectangle,
                             uint8_t* rgb) {
  JDIMENSION left = 0, columns = jpeg->output_width;
  if (!jpeg_has_multiple_scans(jpeg)) {
    // The upsampling of colour reads one neighbour on each side, which at the
    // border of the decoded region is not the image's: decode more and cut it
    // off, on the left by a block, to which libjpeg rounds.
    const int64_t block_width = DCTSIZE * jpeg->max_h_samp_factor;
    const int64_t right = rectangle.left + rectangle.width;
    left = std::max<int64_t>(0, rectangle.left - block_width);
    columns =
        std::min<int64_t>(width(), right + 2 * jpeg->max_h_samp_factor) - left;
    if (left > 0 || columns < jpeg->output_width) {
      jpeg_crop_scanline(jpeg, &left, &columns);
    }
    // libjpeg keeps the rows above that the first row needs.
    if (rectangle.top > 0) jpeg_skip_scanlines(jpeg, rectangle.top);
  }

  const bool cmyk = jpeg->num_components == 4;
  const int64_t channels = jpeg->output_components;
  const uint8_t* wanted = row_.data() + (rectangle.left - left) * channels;
  const bool whole_rows = !cmyk && columns == rectangle.width;
  const int64_t row_size = 3 * rectangle.width;
  const int64_t bottom = rectangle.top + rectangle.height;
  while (jpeg->output_scanline < bottom) {
    const bool keep = jpeg->output_scanline >= rectangle.top;
    JSAMPROW row = keep && whole_rows ? rgb : row_.data();
    if (jpeg_read_scanlines(jpeg, &row, 1) == 0) continue;
    if (!keep) continue;
    if (cmyk) {
      ConvertCmyk(wanted, rectangle.width, rgb);
    } else if (!whole_rows) {
      std::memcpy(rgb, wanted, row_size);
    }
    rgb += row_size;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenJpeg(
    absl::string_view bytes, const DecodeOptions& options) {
  auto decoder = std::make_unique<JpegDecoder>(bytes);
  RETURN_IF_ERROR(decoder->ReadHeader(options));
  const int orientation = decoder->orientation();
  return Oriented(std::move(decoder), orientation);
}

}  // namespace caldera::data
