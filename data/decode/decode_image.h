// Pixels of encoded images: JPEG, PNG, WebP (still) and BMP, told apart by
// their first bytes, never by a file's name. Whatever the file holds (grey,
// palette, alpha, CMYK, 16 bits), the pixels are RGB, as after Pillow's
// convert("RGB").
//
//   absl::StatusOr<std::unique_ptr<ImageSource>> source =
//       OpenEncodedImage(std::move(bytes), DecodeOptions());
//   absl::StatusOr<at::Tensor> crop = (*source)->Region({10, 20, 64, 64});
//
// Caveats: an error names what is wrong with the bytes, not the file: the
// caller puts the file's name before it.
#ifndef CALDERA_DATA_DECODE_DECODE_IMAGE_H_
#define CALDERA_DATA_DECODE_DECODE_IMAGE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/decode/decode_options.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// An image of 3 channels whose size is known from the header; its pixels are
// decoded in Region(), each time anew, and only those that the rectangle needs
// where the format allows that (JPEG). Region() gives uint8 [3, h, w] with
// interleaved memory (strides 1, 3 w, 3), a fresh tensor each time.
//
// Errors: INVALID_ARGUMENT (empty, not an image, a kind that is not read, more
// than options.max_pixels), DATA_LOSS (damaged or truncated). What only shows
// in the pixels is found by Region().
absl::StatusOr<std::unique_ptr<ImageSource>> OpenEncodedImage(
    std::string bytes, const DecodeOptions& options);

// The whole image: uint8 [3, H, W] with interleaved memory. Errors as above.
absl::StatusOr<at::Tensor> DecodeImage(absl::string_view bytes,
                                       const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_DECODE_IMAGE_H_
