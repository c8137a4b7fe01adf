// A decoder whose image is turned as its EXIF orientation says.
//
//   decoder = Oriented(std::move(decoder), /*orientation=*/6);
#ifndef CALDERA_DATA_DECODE_ORIENTED_DECODER_H_
#define CALDERA_DATA_DECODE_ORIENTED_DECODER_H_

#include <memory>

#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `orientation` 1 to 8 as ExifOrientation() gives it; the turned image is that
// of Pillow's ImageOps.exif_transpose. Costs one more copy of the pixels,
// unless `orientation` is 1, when `decoder` itself is returned.
std::unique_ptr<PixelDecoder> Oriented(std::unique_ptr<PixelDecoder> decoder,
                                       int orientation);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_ORIENTED_DECODER_H_
