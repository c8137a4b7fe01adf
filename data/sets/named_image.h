// Opens an encoded image whose errors begin with its name.
//
//   auto source = OpenNamedImage(*base::ReadFile(path, limit), options, path);
#ifndef CALDERA_DATA_SETS_NAMED_IMAGE_H_
#define CALDERA_DATA_SETS_NAMED_IMAGE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/decode/decode_options.h"
#include "data/decode/image_source.h"

namespace caldera::data {

// Returns the source of OpenEncodedImage (decode_image.h); its errors, and
// those of Region(), begin with `name`.
absl::StatusOr<std::unique_ptr<ImageSource>> OpenNamedImage(
    std::string bytes, const DecodeOptions& options, std::string name);

// Returns all pixels of `source` as uint8 [C, H, W], or its error.
absl::StatusOr<at::Tensor> WholeImage(
    const absl::StatusOr<std::unique_ptr<ImageSource>>& source);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_NAMED_IMAGE_H_
