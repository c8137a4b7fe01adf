#include "data/decode/pixel_decoder.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::data {
namespace {

class OrientedDecoder : public PixelDecoder {
 public:
  OrientedDecoder(std::unique_ptr<PixelDecoder> stored, int orientation)
      : stored_(std::move(stored)),
        transposed_(orientation >= 5),
        // True if the stored rows (columns) run against the turned ones.
        rows_reversed_(orientation == 3 || orientation == 4 ||
                       orientation == 6 || orientation == 7),
        columns_reversed_(orientation == 2 || orientation == 3 ||
                          orientation == 7 || orientation == 8) {
    if (transposed_) {
      set_size(stored_->width(), stored_->height());
    } else {
      set_size(stored_->height(), stored_->width());
    }
  }

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override {
    CheckInside(rectangle);
    Rectangle from = rectangle;
    if (transposed_) {
      from = {rectangle.left, rectangle.top, rectangle.width, rectangle.height};
    }
    if (rows_reversed_) from.top = stored_->height() - from.top - from.height;
    if (columns_reversed_) {
      from.left = stored_->width() - from.left - from.width;
    }
    pixels_.resize(3 * from.height * from.width);
    RETURN_IF_ERROR(stored_->Decode(from, pixels_.data()));
    for (int64_t y = 0; y < rectangle.height; ++y) {
      for (int64_t x = 0; x < rectangle.width; ++x, rgb += 3) {
        int64_t row = transposed_ ? x : y;
        int64_t column = transposed_ ? y : x;
        if (rows_reversed_) row = from.height - 1 - row;
        if (columns_reversed_) column = from.width - 1 - column;
        std::memcpy(rgb, &pixels_[3 * (row * from.width + column)], 3);
      }
    }
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<PixelDecoder> stored_;
  const bool transposed_, rows_reversed_, columns_reversed_;
  std::vector<uint8_t> pixels_;  // as they are stored
};

}  // namespace

void PixelDecoder::CheckInside(const Rectangle& rectangle) const {
  CHECK_GE(rectangle.top, 0);
  CHECK_GE(rectangle.left, 0);
  CHECK_GE(rectangle.height, 1);
  CHECK_GE(rectangle.width, 1);
  CHECK_LE(rectangle.top + rectangle.height, height_);
  CHECK_LE(rectangle.left + rectangle.width, width_);
}

absl::Status CheckImageSize(absl::string_view format, int64_t height,
                            int64_t width, const DecodeOptions& options) {
  if (height < 1 || width < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        format, ": has no pixels: its header says ", width, " x ", height));
  }
  // Formats store sizes in at most 32 bits, so that the product fits.
  if (height * width > options.max_pixels) {
    return absl::InvalidArgumentError(absl::StrCat(
        format, ": ", width, " x ", height, " pixels are more than the limit ",
        "of ", options.max_pixels,
        "; if this is no decompression bomb, raise max_pixels"));
  }
  // A row of many pixels costs a decoder several times what an image does.
  if (std::max(height, width) > kMaxImageSide) {
    return absl::InvalidArgumentError(
        absl::StrCat(format, ": a side of ", std::max(height, width),
                     " pixels is longer than the limit of ", kMaxImageSide,
                     "; cut the image into pieces"));
  }
  return absl::OkStatus();
}

std::unique_ptr<PixelDecoder> Oriented(std::unique_ptr<PixelDecoder> decoder,
                                       int orientation) {
  CHECK(orientation >= 1 && orientation <= 8) << orientation;
  if (orientation == 1) return decoder;
  return std::make_unique<OrientedDecoder>(std::move(decoder), orientation);
}

}  // namespace caldera::data
