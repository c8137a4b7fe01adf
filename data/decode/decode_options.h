// Options of the decoders.
//
//   DecodeOptions options;
//   options.max_pixels = 50'000'000;
//   auto source = OpenEncodedImage(std::move(bytes), options);
#ifndef CALDERA_DATA_DECODE_DECODE_OPTIONS_H_
#define CALDERA_DATA_DECODE_DECODE_OPTIONS_H_

#include <cstdint>

namespace caldera::data {

struct DecodeOptions {
  // Turns the image according to its EXIF orientation. Off, as in torchvision's
  // ImageFolder. TIFF and HEIC are always turned, as by Pillow.
  bool apply_exif_orientation = false;

  // An image with more pixels is refused before anything is allocated. The
  // default is the limit above which Pillow raises DecompressionBombError.
  int64_t max_pixels = 178956970;

  // The number of significant bits of a PNG's 16-bit samples, stored in the low
  // bits, 1 to 16; 0: as its sBIT chunk says, or 16.
  int png_bits = 0;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_DECODE_OPTIONS_H_
