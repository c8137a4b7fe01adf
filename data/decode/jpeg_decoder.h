// Decodes JPEG with libjpeg-turbo.
//
//   auto decoder = OpenJpeg(bytes, DecodeOptions());
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
// are below or outside the requested rectangle.
#ifndef CALDERA_DATA_DECODE_JPEG_DECODER_H_
#define CALDERA_DATA_DECODE_JPEG_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `bytes` must outlive the decoder. Errors: InvalidArgument for files that
// libjpeg-turbo does not read (12 bits, lossless), for other than 1, 3 or 4
// components and for a size that `options` refuse; DataLoss for a damaged or
// truncated file.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenJpeg(
    absl::string_view bytes, const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_JPEG_DECODER_H_
