// The interface that the decoder of each image format implements, without
// tensors.
//
//   absl::StatusOr<std::unique_ptr<PixelDecoder>> decoder =
//       ImageFormatOf(bytes)->open(bytes, DecodeOptions());
//   std::vector<uint8_t> rgb(64 * 64 * 3);
//   absl::Status status = (*decoder)->Decode({10, 20, 64, 64}, rgb.data());
//
// Caveats: a decoder refers to the encoded bytes, which must outlive it. Use it
// from one thread only.
#ifndef CALDERA_DATA_DECODE_PIXEL_DECODER_H_
#define CALDERA_DATA_DECODE_PIXEL_DECODER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/rectangle.h"

namespace caldera::data {

class PixelDecoder {
 public:
  PixelDecoder(const PixelDecoder&) = delete;
  PixelDecoder& operator=(const PixelDecoder&) = delete;
  virtual ~PixelDecoder() = default;

  // At least 1 each.
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  // Writes the pixels of `rectangle`, which is inside the image and not empty,
  // to rgb [rectangle.height, rectangle.width, 3]: the same as those of the
  // full image. May be called again, also after an error. After an error the
  // contents of `rgb` are undefined.
  virtual absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) = 0;

 protected:
  PixelDecoder() = default;
  void set_size(int64_t height, int64_t width) {
    height_ = height;
    width_ = width;
  }
  // CHECKs that the rectangle is inside the image and not empty.
  void CheckInside(const Rectangle& rectangle) const;

 private:
  int64_t height_ = 0, width_ = 0;
};

// The longest side of an image, whatever its other side.
inline constexpr int64_t kMaxImageSide = 1 << 20;

// Returns InvalidArgument if there are no pixels, more than options.max_pixels,
// or a side above kMaxImageSide. `format` begins the message.
absl::Status CheckImageSize(absl::string_view format, int64_t height,
                            int64_t width, const DecodeOptions& options);

// Returns a decoder whose image is turned as its EXIF orientation says.
// `orientation` is 1 to 8, as ExifOrientation() returns it; the turned image is
// that of Pillow's ImageOps.exif_transpose. Turning costs one more copy of the
// pixels; for orientation 1, `decoder` itself is returned.
//
//   decoder = Oriented(std::move(decoder), /*orientation=*/6);
std::unique_ptr<PixelDecoder> Oriented(std::unique_ptr<PixelDecoder> decoder,
                                       int orientation);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_PIXEL_DECODER_H_
