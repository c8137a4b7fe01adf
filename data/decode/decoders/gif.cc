// Decodes the first frame of a GIF with giflib.
//
// The pixels are those of Pillow's convert("RGB"): transparency is dropped (the
// colour of the transparent index shows). Where the frame does not cover the
// screen, the screen has the transparent colour, or the first of the palette;
// a frame that reaches beyond the screen enlarges it.
//
// Rows below a rectangle are not decoded, unless the frame is interlaced.
#include <gif_lib.h>
#include <glog/logging.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// Reads a file once, up to the pixels of its first frame.
class GifReader {
 public:
  explicit GifReader(absl::string_view bytes) : rest_(bytes) {}
  GifReader(const GifReader&) = delete;
  GifReader& operator=(const GifReader&) = delete;
  ~GifReader() {
    if (gif_ != nullptr) DGifCloseFile(gif_, nullptr);
  }

  // Call this once, before anything else.
  absl::Status FindFrame() {
    int code = 0;
    gif_ = DGifOpen(this, OnRead, &code);
    if (gif_ == nullptr) return Error(code);
    while (true) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      if (DGifGetRecordType(gif_, &type) == GIF_ERROR) return Error();
      if (type == IMAGE_DESC_RECORD_TYPE) {
        return DGifGetImageDesc(gif_) == GIF_ERROR ? Error() : absl::OkStatus();
      }
      if (type == TERMINATE_RECORD_TYPE) {
        return absl::DataLossError("GIF: it has no frame");
      }
      if (type == EXTENSION_RECORD_TYPE) RETURN_IF_ERROR(ReadExtension());
    }
  }

  // Reads the next row of the frame: `indexes` [frame().Width].
  absl::Status ReadRow(std::vector<uint8_t>& indexes) {
    return DGifGetLine(gif_, indexes.data(), gif_->Image.Width) == GIF_ERROR
               ? Error()
               : absl::OkStatus();
  }

  const GifFileType& gif() const { return *gif_; }
  const GifImageDesc& frame() const { return gif_->Image; }
  // The index that is not drawn, -1 if there is none.
  int transparent() const { return transparent_; }

 private:
  static int OnRead(GifFileType* gif, GifByteType* to, int count) {
    auto* reader = static_cast<GifReader*>(gif->UserData);
    absl::string_view& rest = reader->rest_;
    if (rest.size() < static_cast<size_t>(count)) {
      // A file may end behind the last pixel without the block that says so.
      reader->past_end_ = true;
      if (count != 1) return 0;
      *to = 0;
      return 1;
    }
    std::memcpy(to, rest.data(), count);
    rest.remove_prefix(count);
    return count;
  }

  absl::Status ReadExtension() {
    int function = 0;
    GifByteType* block = nullptr;  // its size, then its bytes
    if (DGifGetExtension(gif_, &function, &block) == GIF_ERROR) return Error();
    if (function == GRAPHICS_EXT_FUNC_CODE && block != nullptr &&
        block[0] >= 4 && (block[1] & 1) != 0) {
      transparent_ = block[4];
    }
    while (block != nullptr) {
      if (DGifGetExtensionNext(gif_, &block) == GIF_ERROR) return Error();
    }
    return absl::OkStatus();
  }

  absl::Status Error() const { return Error(gif_->Error); }
  absl::Status Error(int code) const {
    if (past_end_) return absl::DataLossError("GIF: truncated");
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM) {
      return absl::ResourceExhaustedError("GIF: not enough memory");
    }
    const char* text = GifErrorString(code);
    return absl::DataLossError(
        absl::StrCat("GIF: ", text == nullptr ? "damaged" : text));
  }

  absl::string_view rest_;
  bool past_end_ = false;
  int transparent_ = -1;
  GifFileType* gif_ = nullptr;
};

using Colours = std::array<uint8_t, 3 * 256>;  // red, green, blue of each index

// Returns the colours of the frame's palette, else of the file's. Black follows
// a palette's end; without one, or if it only counts up, indexes are grey.
Colours ColoursOf(const GifReader& reader) {
  const ColorMapObject* map = reader.frame().ColorMap != nullptr
                                  ? reader.frame().ColorMap
                                  : reader.gif().SColorMap;
  Colours palette = {}, grey = {};
  const int count = map == nullptr ? 0 : std::min(map->ColorCount, 256);
  for (int i = 0; i < 256; ++i) {
    std::fill_n(&grey[3 * i], 3, static_cast<uint8_t>(i));
    if (i >= count) continue;
    palette[3 * i] = map->Colors[i].Red;
    palette[3 * i + 1] = map->Colors[i].Green;
    palette[3 * i + 2] = map->Colors[i].Blue;
  }
  return std::equal(grey.begin(), grey.begin() + 3 * count, palette.begin())
             ? grey
             : palette;
}

// Returns the numbers of a frame's rows in the order of the file.
std::vector<int64_t> RowOrder(const GifImageDesc& frame) {
  std::vector<int64_t> rows;
  rows.reserve(frame.Height);
  const auto add = [&](int64_t first, int64_t step) {
    for (int64_t y = first; y < frame.Height; y += step) rows.push_back(y);
  };
  if (frame.Interlace) {
    add(0, 8);
    add(4, 8);
    add(2, 4);
    add(1, 2);
  } else {
    add(0, 1);
  }
  return rows;
}

class GifDecoder : public PixelDecoder {
 public:
  explicit GifDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options) {
    GifReader reader(bytes_);
    RETURN_IF_ERROR(reader.FindFrame());
    const GifImageDesc& frame = reader.frame();
    set_size(std::max<int64_t>(reader.gif().SHeight,
                               int64_t{frame.Top} + frame.Height),
             std::max<int64_t>(reader.gif().SWidth,
                               int64_t{frame.Left} + frame.Width));
    return CheckImageSize("GIF", height(), width(), options);
  }

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return 1; }

 private:
  const absl::string_view bytes_;
};

absl::Status GifDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  GifReader reader(bytes_);
  RETURN_IF_ERROR(reader.FindFrame());
  const Colours colours = ColoursOf(reader);
  const uint8_t* background = &colours[3 * std::max(0, reader.transparent())];
  for (int64_t i = 0; i < rectangle.height * rectangle.width; ++i) {
    std::memcpy(rgb + 3 * i, background, 3);
  }

  const GifImageDesc& frame = reader.frame();
  if (frame.Width == 0 || frame.Height == 0) return absl::OkStatus();
  // The columns of the screen that the frame and the rectangle share.
  const int64_t left = std::max<int64_t>(frame.Left, rectangle.left);
  const int64_t right = std::min<int64_t>(int64_t{frame.Left} + frame.Width,
                                          rectangle.left + rectangle.width);
  const int64_t bottom = rectangle.top + rectangle.height;
  std::vector<uint8_t> row(frame.Width);
  for (const int64_t in_frame : RowOrder(frame)) {
    const int64_t y = frame.Top + in_frame;
    if (!frame.Interlace && y >= bottom) break;
    RETURN_IF_ERROR(reader.ReadRow(row));
    if (y < rectangle.top || y >= bottom) continue;
    uint8_t* to = rgb + 3 * ((y - rectangle.top) * rectangle.width -
                             rectangle.left + left);
    for (int64_t x = left; x < right; ++x, to += 3) {
      std::memcpy(to, &colours[3 * row[x - frame.Left]], 3);
    }
  }
  return absl::OkStatus();
}

const bool kRegistered = RegisterImageFormat(
    {"GIF", "The first frame of a GIF, decoded by giflib.", /*rank=*/60,
     /*signatures=*/{"GIF87a", "GIF89a"}, /*endings=*/{".gif"},
     OpenEncoded<GifDecoder>});

}  // namespace
}  // namespace caldera::data
