// Decodes still WebP images, lossy and lossless, with libwebp.
//
//   auto decoder = OpenWebp(bytes, DecodeOptions());
//
// Alpha is dropped (the colour below it shows, as in Pillow's convert("RGB")).
// Rows below a rectangle are not decoded.
#ifndef CALDERA_DATA_DECODE_WEBP_DECODER_H_
#define CALDERA_DATA_DECODE_WEBP_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `bytes` must outlive the decoder. Errors: InvalidArgument for an animation
// and for a size that `options` refuse; DataLoss for a damaged or truncated
// file.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenWebp(
    absl::string_view bytes, const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_WEBP_DECODER_H_
