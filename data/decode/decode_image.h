// Decodes images of the registered formats (image_format.h), recognized by
// their first bytes, never by a file's name. For every kind of file (grey,
// palette, alpha, CMYK, 16 bits), the pixels are RGB, as after Pillow's
// convert("RGB").
//
//   absl::StatusOr<std::unique_ptr<ImageSource>> source =
//       OpenEncodedImage(std::move(bytes), DecodeOptions());
//   absl::StatusOr<at::Tensor> crop = (*source)->Region({10, 20, 64, 64});
//
// 16 bits become 8 by their high byte, where Pillow clips grey to 255.
//
// Caveat: an error describes the bytes and does not name the file; the caller
// puts the file's name in front.
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

// Returns an image of 3 channels, whose size comes from the header. Each
// Region() decodes pixels again, and only those that the rectangle needs if the
// format allows it (JPEG). It returns a new tensor, uint8 [3, h, w] with
// interleaved memory (strides 1, 3 w, 3).
//
// Errors: InvalidArgument (empty, not an image, an unsupported kind, more than
// options.max_pixels), DataLoss (damaged or truncated). Damage in the pixels is
// found by Region().
absl::StatusOr<std::unique_ptr<ImageSource>> OpenEncodedImage(
    std::string bytes, const DecodeOptions& options);

// Returns all pixels, uint8 [3, H, W] with interleaved memory. Errors are those
// of OpenEncodedImage and Region().
absl::StatusOr<at::Tensor> DecodeImage(absl::string_view bytes,
                                       const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_DECODE_IMAGE_H_
