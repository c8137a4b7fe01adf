#include "data/decode/pixel_decoder.h"

#include <glog/logging.h>

#include "absl/strings/str_cat.h"

namespace caldera::data {

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
  return absl::OkStatus();
}

}  // namespace caldera::data
