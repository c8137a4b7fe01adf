// The decoder for an image's bytes, chosen by what they begin with.
//
//   absl::StatusOr<std::unique_ptr<PixelDecoder>> decoder =
//       OpenPixelDecoder(bytes, DecodeOptions());
#ifndef CALDERA_DATA_DECODE_OPEN_PIXEL_DECODER_H_
#define CALDERA_DATA_DECODE_OPEN_PIXEL_DECODER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// `bytes` must outlive the decoder. Errors as OpenEncodedImage().
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenPixelDecoder(
    absl::string_view bytes, const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_OPEN_PIXEL_DECODER_H_
