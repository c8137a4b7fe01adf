// Decodes JPEG with libjpeg-turbo.
//
// The pixels are those of Pillow's convert("RGB"): the accurate integer DCT,
// smooth ("fancy") upsampling of colour, CMYK and YCCK inverted as Adobe's
// programs write them.
//
// A rectangle of a sequential JPEG needs no inverse DCT outside it and no work
// below it; its pixels equal those of the full image bit for bit. A progressive
// JPEG is always decoded completely.
//
// Caveat: this decoder is stricter than Pillow, which fills damaged areas with
// grey. Data that end early or contain impossible codes are errors, unless they
// are below or outside the requested rectangle. 12 bits, lossless files and
// other than 1, 3 or 4 components are not read.
#include <glog/logging.h>

// jpeglib.h uses what cstdio declares.
// clang-format off
#include <cstdio>

#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/cmyk.h"
#include "data/decode/exif_orientation.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// Encoders write about ten scans. Each scan visits the entire image: a small
// file with a thousand empty scans would take minutes.
constexpr int kMaxScans = 200;
// Nor may all scans of a large image together visit more pixels.
constexpr int64_t kMaxScannedPixels = int64_t{1} << 32;

// True for warnings that imply wrong pixels.
bool IsDamage(int code) {
  return code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC;
}

bool IsUnsupported(int code) {
  return code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION ||
         code == JERR_CONVERSION_NOTIMPL || code == JERR_COMPONENT_COUNT ||
         code == JERR_FRACT_SAMPLE_NOTIMPL || code == JERR_CCIR601_NOTIMPL ||
         code == JERR_NOT_COMPILED || code == JERR_IMAGE_TOO_BIG;
}

// Wraps libjpeg's decompressor: errors become statuses, and bytes are in
// memory.
//
//   JpegReader reader(bytes);
//   absl::Status status = reader.Try([](jpeg_decompress_struct* jpeg) {
//     jpeg_read_header(jpeg, TRUE);
//   });
//
// Caveat: an error inside Try() leaves it by longjmp, so that the function
// passed to it, and everything that function calls, must have nothing to
// destroy.
class JpegReader {
 public:
  // `bytes` must outlive the reader.
  explicit JpegReader(absl::string_view bytes);
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader();

  // Calls work(jpeg_decompress_struct*). Returns libjpeg's errors as DataLoss
  // (damaged, truncated) or InvalidArgument (a kind of JPEG that it does not
  // read), and drops harmless warnings (bytes between segments).
  template <typename Work>
  absl::Status Try(Work work) {
    if (setjmp(on_error_) != 0) return ErrorStatus();
    work(&jpeg_);
    return absl::OkStatus();
  }

  // Begins again with the first byte. Call it inside Try().
  void Rewind();
  // Treats the end of the bytes as a missing end marker, which is an error only
  // if pixels are missing. Call it inside Try().
  void TolerateMissingEnd() { tolerates_end_ = true; }

  const jpeg_decompress_struct& jpeg() const { return jpeg_; }

 private:
  static JpegReader* Of(j_common_ptr jpeg);
  [[noreturn]] static void OnError(j_common_ptr jpeg);
  static void OnMessage(j_common_ptr jpeg, int level);
  static void OnProgress(j_common_ptr jpeg);
  static boolean OnEnd(j_decompress_ptr jpeg);
  static void OnSkip(j_decompress_ptr jpeg, long count);
  [[noreturn]] void Leave();
  absl::Status ErrorStatus() const;
  // Of the image whose header has been read.
  int64_t MaxScans() const {
    const int64_t pixels = int64_t{jpeg_.image_height} * jpeg_.image_width;
    return std::min<int64_t>(kMaxScans,
                             kMaxScannedPixels / std::max<int64_t>(1, pixels));
  }

  const absl::string_view bytes_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  jpeg_source_mgr source_ = {};
  std::jmp_buf on_error_;
  bool tolerates_end_ = false;
  bool ended_ = false;  // libjpeg requested more bytes than there are
  bool too_many_scans_ = false;
};

JpegReader::JpegReader(absl::string_view bytes) : bytes_(bytes) {
  jpeg_.err = jpeg_std_error(&errors_);
  errors_.error_exit = OnError;
  errors_.emit_message = OnMessage;
  jpeg_.client_data = this;
  const absl::Status created = Try([](j_decompress_ptr jpeg) {
    jpeg_create_decompress(jpeg);  // keeps err and client_data
  });
  CHECK(created.ok()) << created;
  progress_.progress_monitor = OnProgress;
  jpeg_.progress = &progress_;
  source_.init_source = [](j_decompress_ptr) {};
  source_.term_source = [](j_decompress_ptr) {};
  source_.fill_input_buffer = OnEnd;
  source_.skip_input_data = OnSkip;
  source_.resync_to_restart = jpeg_resync_to_restart;
  jpeg_.src = &source_;
}

JpegReader::~JpegReader() { jpeg_destroy_decompress(&jpeg_); }

JpegReader* JpegReader::Of(j_common_ptr jpeg) {
  return static_cast<JpegReader*>(jpeg->client_data);
}

void JpegReader::Rewind() {
  jpeg_abort_decompress(&jpeg_);
  source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes_.data());
  source_.bytes_in_buffer = bytes_.size();
  tolerates_end_ = ended_ = too_many_scans_ = false;
}

void JpegReader::Leave() { std::longjmp(on_error_, 1); }

void JpegReader::OnError(j_common_ptr jpeg) { Of(jpeg)->Leave(); }

void JpegReader::OnMessage(j_common_ptr jpeg, int level) {
  // Levels from 0 on are a trace.
  if (level < 0 && IsDamage(jpeg->err->msg_code)) Of(jpeg)->Leave();
}

void JpegReader::OnProgress(j_common_ptr jpeg) {
  JpegReader* reader = Of(jpeg);
  if (reader->jpeg_.input_scan_number <= reader->MaxScans()) return;
  reader->too_many_scans_ = true;
  reader->Leave();
}

boolean JpegReader::OnEnd(j_decompress_ptr jpeg) {
  JpegReader* reader = Of(reinterpret_cast<j_common_ptr>(jpeg));
  reader->ended_ = true;
  if (!reader->tolerates_end_) reader->Leave();
  // If pixels are still missing at this marker, JWRN_HIT_MARKER follows.
  static constexpr JOCTET kEndOfImage[] = {0xff, JPEG_EOI};
  reader->source_.next_input_byte = kEndOfImage;
  reader->source_.bytes_in_buffer = sizeof(kEndOfImage);
  return TRUE;
}

void JpegReader::OnSkip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  JpegReader* reader = Of(reinterpret_cast<j_common_ptr>(jpeg));
  jpeg_source_mgr& source = reader->source_;
  if (static_cast<size_t>(count) > source.bytes_in_buffer) {
    OnEnd(jpeg);
    return;
  }
  source.next_input_byte += count;
  source.bytes_in_buffer -= count;
}

absl::Status JpegReader::ErrorStatus() const {
  if (ended_) {
    return absl::DataLossError(absl::StrCat(
        "JPEG: truncated: more than its ", bytes_.size(), " bytes are needed"));
  }
  if (too_many_scans_) {
    return absl::InvalidArgumentError(
        absl::StrCat("JPEG: more than ", MaxScans(), " scans"));
  }
  char message[JMSG_LENGTH_MAX] = "";
  (*errors_.format_message)(reinterpret_cast<j_common_ptr>(
                                const_cast<jpeg_decompress_struct*>(&jpeg_)),
                            message);
  const std::string text = absl::StrCat("JPEG: ", message);
  return IsUnsupported(errors_.msg_code) ? absl::InvalidArgumentError(text)
                                         : absl::DataLossError(text);
}

constexpr int kExifMarker = JPEG_APP0 + 1;

class JpegDecoder : public PixelDecoder {
 public:
  explicit JpegDecoder(absl::string_view bytes)
      : bytes_(bytes), reader_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const;

 private:
  // These run inside JpegReader::Try(): nothing in them has a destructor.
  void Start(j_decompress_ptr jpeg);
  void DecodeRows(j_decompress_ptr jpeg, const Rectangle& rectangle,
                  uint8_t* rgb);

  const absl::string_view bytes_;
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
  RETURN_IF_ERROR(CheckImageSize("JPEG", height(), width(), options));
  // All coefficients of several scans are kept, 6 bytes a pixel. Huffman codes
  // have a bit or more for each block's mean, so that a small file cannot ask
  // for much.
  const jpeg_component_info& first = jpeg.comp_info[0];
  const int64_t blocks =
      int64_t{first.width_in_blocks} * first.height_in_blocks;
  const auto size = static_cast<int64_t>(bytes_.size());
  if (jpeg_has_multiple_scans(const_cast<j_decompress_ptr>(&jpeg)) &&
      !jpeg.arith_code && blocks > 8 * size) {
    return absl::DataLossError(absl::StrCat("JPEG: truncated: ", size,
                                            " bytes are too few for ", width(),
                                            " x ", height(), " pixels"));
  }
  return absl::OkStatus();
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
      InvertedCmykToRgb(wanted, rectangle.width, rgb);
    } else if (!whole_rows) {
      std::memcpy(rgb, wanted, row_size);
    }
    rgb += row_size;
  }
}

const bool kRegistered =
    RegisterImageFormat({"JPEG", "JPEG, decoded by libjpeg-turbo.", /*rank=*/10,
                         /*signatures=*/{"\xff\xd8\xff"},
                         /*endings=*/{".jpg", ".jpeg", ".jfif", ".jpe", ".jif"},
                         OpenEncoded<JpegDecoder>});

}  // namespace
}  // namespace caldera::data
