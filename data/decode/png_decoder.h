// Decodes PNG with libpng.
//
//   auto decoder = OpenPng(bytes, DecodeOptions());
//
// Every kind becomes 8-bit RGB: palettes and grey are expanded, alpha and
// transparent colours are dropped (the colour below them shows, as in Pillow's
// convert("RGB")), the high byte of 16 bits is kept, gamma and colour profiles
// are ignored. An animated PNG gives its default image.
//
// Rows below a rectangle are not decoded, unless the file is interlaced.
#ifndef CALDERA_DATA_DECODE_PNG_DECODER_H_
#define CALDERA_DATA_DECODE_PNG_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `bytes` must outlive the decoder. Errors: InvalidArgument for a size that
// `options` refuse; DataLoss for a damaged or truncated file (checksums
// included).
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenPng(
    absl::string_view bytes, const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_PNG_DECODER_H_
