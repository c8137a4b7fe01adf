// Decodes the kinds of BMP that image sets contain: uncompressed, 24 or 32 bits
// per pixel, or 8 bits with a palette, stored from the top or the bottom.
//
//   auto decoder = OpenBmp(bytes, DecodeOptions());
//
// The fourth byte of 32 bits is dropped.
#ifndef CALDERA_DATA_DECODE_BMP_DECODER_H_
#define CALDERA_DATA_DECODE_BMP_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `bytes` must outlive the decoder. Errors: InvalidArgument for other kinds and
// for a size that `options` refuse; DataLoss for a damaged or truncated file.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenBmp(
    absl::string_view bytes, const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_BMP_DECODER_H_
